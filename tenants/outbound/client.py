"""An HTTP client for addresses that a tenant gave: of an identity provider, or of its documents.

The public internet is reached over https. An installation may name private networks, such as the one in which a
company's own identity provider stands (``OUTBOUND_ALLOWED_NETWORKS``): those are reached too, also over plain http
and by names without a dot. Whatever a tenant is told of them, it can only have asked where the operators allow.
"""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx2
from django.conf import settings

from tenants.contract.networks import Networks
from tenants.outbound.addresses import Address, is_public, resolve_name
from tenants.outbound.asking import asking, verifying_context
from tenants.outbound.connecting import Deadline, GuardedBackend
from tenants.outbound.errors import UrlUnreachableError
from tenants.outbound.urls import RemoteUrl, parse_url

__all__ = ["GuardedTransport", "check_url", "open_client"]

PORTS = frozenset({80, 443, *range(1024, 65536)})
"""Web servers listen on these. Below are mail, shells and name servers, to which nobody shall speak through us."""
MAXIMUM_BYTES = 512 * 1024
SECONDS = 8
_USER_AGENT = "chainlit-tenants"
_OURS = {"accept-encoding", "connection", "host", "user-agent"}


def open_client(*, maximum_bytes: int = MAXIMUM_BYTES, seconds: float = SECONDS) -> httpx2.Client:
    """Return a client that follows no redirects, keeps no cookies and takes answers of at most ``maximum_bytes``.

    Each request has ``seconds`` from the look-up of the name to the last byte. Requests raise ``UrlRefusedError``,
    ``UrlUnreachableError`` and ``UrlUnavailableError`` (``tenants.outbound.errors``).
    """
    transport = GuardedTransport(maximum_bytes=maximum_bytes, seconds=seconds)
    return httpx2.Client(transport=transport, trust_env=False, follow_redirects=False)


def check_url(url: str) -> str:
    """Return an address in the spelling in which it would be asked; raises ``UrlRefusedError`` that says why not.

    Where its name leads is looked up and checked when it is asked.
    """
    return str(_parse(url))


@dataclass(frozen=True, kw_only=True)
class GuardedTransport(httpx2.BaseTransport):
    """Sends a client's requests, each over a connection of its own to an address that was checked."""

    maximum_bytes: int = MAXIMUM_BYTES
    seconds: float = SECONDS
    resolve: Callable[[str, float], Sequence[Address]] = resolve_name
    ssl_context: ssl.SSLContext = field(default_factory=verifying_context)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole answer to a request."""
        place = _parse(str(request.url))
        deadline = Deadline(self.seconds)
        backend = GuardedBackend(
            deadline=deadline,
            maximum_bytes=self.maximum_bytes,
            may_connect=_is_allowed if place.scheme == "http" else _is_reachable,
            resolve=self.resolve,
        )
        headers = [(name, value) for name, value in request.headers.multi_items() if name.lower() not in _OURS]
        headers += [("Host", place.host_header), ("User-Agent", _USER_AGENT)]
        headers += [("Accept-Encoding", "identity"), ("Connection", "close")]
        with asking(
            place,
            method=request.method,
            headers=headers,
            content=request.read(),
            backend=backend,
            ssl_context=self.ssl_context,
            deadline=deadline,
        ) as response:
            received = httpx2.Headers(response.headers)
            if received.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
                raise UrlUnreachableError(f"{place.host} answers compressed, which was not asked for.")
            content = bytearray()
            for chunk in response.iter_stream():
                content += chunk
                if len(content) > self.maximum_bytes:
                    raise UrlUnreachableError(f"{place.host} answers with more than {self.maximum_bytes} bytes.")
        # The body is whole: how it was sent in parts is of no interest any more.
        received.pop("transfer-encoding", None)
        return httpx2.Response(response.status, headers=received, content=bytes(content), request=request)


def _parse(url: str) -> RemoteUrl:
    inside = bool(_allowed_networks())
    return parse_url(url, https_only=not inside, ports=PORTS, local_names=inside)


def _allowed_networks() -> Networks:
    return Networks(settings.ENVIRONMENT.outbound_allowed_networks)


def _is_allowed(address: Address) -> bool:
    return str(address) in _allowed_networks()


def _is_reachable(address: Address) -> bool:
    return is_public(address) or _is_allowed(address)
