"""Seam: cross-origin rules. Same origin only, plus the origins that the app's config.toml lists by name.

Chainlit fixes one list for all at import, by default any origin with credentials, and switches the check of its
sockets off. ``*`` is not honoured here: with cookies it would open every tenant's chat to every site.
"""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from runtime.asgi import Message, Receive, Scope, Send
from runtime.chainlit_host.static import request_header
from tenants.contract.hosts import InvalidHostError, normalise_host

__all__ = ["answer_preflight", "is_https", "origin_is_allowed", "with_cors_headers"]

DEFAULT_PORTS = {"http": 80, "https": 443}
PREFLIGHT_SECONDS = "600"


def is_https(scope: Scope) -> bool:
    """Say whether the browser reached the gateway by https."""
    forwarded = request_header(scope, b"x-forwarded-proto").split(b",")[0].strip()
    return forwarded in {b"https", b"wss"} or scope["scheme"] in {"https", "wss"}


def origin_is_allowed(scope: Scope, origin: str, *, hosts: Collection[str], listed: Collection[str]) -> bool:
    """Say whether a page of ``origin`` may read this tenant's answers and open its sockets.

    ``hosts`` are the tenant's own; the port must be the one the request came to, and a page that came by http may
    not reach into https.
    """
    if origin in listed and origin != "*":
        return True
    try:
        parts = urlsplit(origin)
        host, port = normalise_host(parts.netloc), _port(parts)
        requested = urlsplit(f"//{request_header(scope, b'host').decode('latin-1')}")
        requested_port = requested.port or DEFAULT_PORTS.get(parts.scheme)
    except (InvalidHostError, ValueError):
        return False
    if parts.scheme not in DEFAULT_PORTS or (is_https(scope) and parts.scheme != "https"):
        return False
    return host in hosts and port == requested_port


def with_cors_headers(send: Send, origin: str) -> Send:
    """Return a ``send`` that lets pages of ``origin`` read the answer, with credentials."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = (b"access-control-allow-origin", b"access-control-allow-credentials")
            kept = [header for header in message.get("headers", ()) if header[0].lower() not in own]
            message = {
                **message,
                "headers": [
                    *kept,
                    (b"access-control-allow-origin", origin.encode("latin-1")),
                    (b"access-control-allow-credentials", b"true"),
                    (b"vary", b"Origin"),
                ],
            }
        await send(message)

    return send_with_headers


async def answer_preflight(scope: Scope, receive: Receive, send: Send, *, origin: str | None) -> None:
    """Answer a CORS preflight; ``origin`` is None where it is not allowed."""
    if origin is None:
        await send({"type": "http.response.start", "status": 403, "headers": [(b"vary", b"Origin")]})
        await send({"type": "http.response.body", "body": b"This origin is not allowed."})
        return
    headers = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
        (b"access-control-max-age", PREFLIGHT_SECONDS.encode()),
        (b"vary", b"Origin"),
    ]
    if wanted := request_header(scope, b"access-control-request-headers"):
        headers.append((b"access-control-allow-headers", wanted))
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _port(parts: SplitResult) -> int | None:
    return parts.port or DEFAULT_PORTS.get(parts.scheme)
