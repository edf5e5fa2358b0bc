"""Seam: cross-origin rules. Same origin only, plus those that the app's config.toml and the tenant's policy list.

Chainlit fixes one list for all at import, by default any origin with credentials, and switches the check of its
sockets off. ``*`` is not honoured here: with cookies it would open every tenant's chat to every site.
"""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from runtime.asgi import Message, Receive, Scope, Send
from runtime.chainlit_host.answers.static import request_header
from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.contract.tokens import SIGN_IN_COOKIE

__all__ = [
    "POSTED_BACK", "answer_preflight", "forges", "is_https", "origin_is_allowed", "with_cors_headers",
    "with_frame_ancestors", "with_vary_origin",
]  # fmt: skip

DEFAULT_PORTS = {"http": 80, "https": 443}
PREFLIGHT_SECONDS = "600"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FROM_ELSEWHERE = frozenset({b"cross-site", b"same-site"})
SIGNING_IN = frozenset({"/login", "/auth/jwt", "/auth/header"})
POSTED_BACK = "/auth/oauth/azure-ad-hybrid/callback"
"""Where the one provider that posts comes back to, from its own page; the state in what it posts is checked there."""


def is_https(scope: Scope) -> bool:
    """Say whether the browser reached the gateway by https."""
    forwarded = request_header(scope, b"x-forwarded-proto").split(b",")[0].strip()
    return forwarded in {b"https", b"wss"} or scope["scheme"] in {"https", "wss"}


def origin_is_allowed(scope: Scope, origin: str, *, hosts: Collection[str], listed: Collection[str]) -> bool:
    """Say whether a page of ``origin`` may read this tenant's answers and open its sockets.

    ``hosts`` are the tenant's own; the port must be the one the request came to, and a page that came by http may
    not reach into https.
    """
    if origin in listed:
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


def forges(scope: Scope, origin: str, *, allowed: bool) -> bool:
    """Say whether a page that may not do so tries to change something in a visitor's name.

    Browsers name the origin in every such request; where it is missing, ``Sec-Fetch-Site`` says whether the page was of
    another (https://www.w3.org/TR/fetch-metadata/). Programs name neither. It counts for whoever is signed in, since a
    tenant that lists other sites has cookies that go along from everywhere, and for signing in itself: nobody is to
    find themselves in somebody else's account.
    """
    if scope["method"] in SAFE_METHODS or allowed:
        return False
    if not origin and request_header(scope, b"sec-fetch-site") not in FROM_ELSEWHERE:
        return False
    path = scope["path"]
    if path == POSTED_BACK:
        return False
    if path in SIGNING_IN:
        return True
    return any(name == b"cookie" and SIGN_IN_COOKIE.encode() in value for name, value in scope["headers"])


def with_vary_origin(send: Send) -> Send:
    """Return a ``send`` that tells caches that another origin may be answered otherwise."""

    async def send_with_vary(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"vary", b"Origin")]}
        await send(message)

    return send_with_vary


def with_frame_ancestors(send: Send, listed: Collection[str]) -> Send:
    """Return a ``send`` that lets own and listed sites alone frame a page of the app's that says nothing of it."""

    async def send_with_ancestors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message.get("headers", ())}
            is_page = headers.get(b"content-type", b"").startswith(b"text/html")
            if is_page and b"content-security-policy" not in headers:
                policy = " ".join(["frame-ancestors 'self'", *sorted(listed)]).encode("latin-1")
                own = (b"content-security-policy", policy)
                message = {**message, "headers": [*message.get("headers", ()), own]}
        await send(message)

    return send_with_ancestors


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
