"""Fetching a file that a tenant named by its address: once, by the worker, from the public internet alone.

The address comes from outside, so it must not make us ask what only we can reach: our own services, a cloud's
metadata, somebody's network (server-side request forgery, CWE-918). ``tenants.outbound`` reads the address, says what
is public, and connects to what was checked. Here are the rules of HTTP: no cookies, no proxies, no
codings, few redirects, each of them checked like the first address.
"""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpcore
import structlog
from django.conf import settings

from tenants.contract.errors import InvalidValueError
from tenants.outbound.addresses import Address, is_public, resolve_name
from tenants.outbound.asking import asking, verifying_context
from tenants.outbound.connecting import Deadline, GuardedBackend
from tenants.outbound.errors import UrlRefusedError, UrlUnavailableError, UrlUnreachableError
from tenants.outbound.urls import RemoteUrl, parse_url

__all__ = ["FetchedFile", "Fetcher", "fetch"]

log = structlog.get_logger(__name__)

_MAXIMUM_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_USER_AGENT = "chainlit-tenants (fetches a file that was asked for by its address)"


@dataclass(frozen=True)
class FetchedFile:
    """A file as another site sent it. ``content_type`` is what that site says, which proves nothing."""

    content: bytes
    content_type: str
    final_url: str


def fetch(url: str, *, maximum_bytes: int) -> FetchedFile:
    """Return the file under an address, at most ``maximum_bytes`` of it.

    Raises ``InvalidValueError`` with ``url_refused`` (an address that is not asked, or leads into a network that is
    not public), ``url_unreachable`` (nothing that can be taken is there, or it came too slowly) or ``file_too_large``;
    ``UnavailableError`` (``url_unavailable``) when the other site fails in a way that may pass.
    """
    fetcher = Fetcher(https_only=settings.ENVIRONMENT.remote_assets_https_only)
    return fetcher.fetch(url, maximum_bytes=maximum_bytes)


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """The rules of fetching. What differs from the defaults is given by a test, and by no setting."""

    https_only: bool = True
    ports: frozenset[int] = frozenset({80, 443})
    may_connect: Callable[[Address], bool] = is_public
    resolve: Callable[[str, float], Sequence[Address]] = resolve_name
    ssl_context: ssl.SSLContext = field(default_factory=verifying_context)
    seconds: float = 20

    def fetch(self, url: str, *, maximum_bytes: int) -> FetchedFile:
        """Return the file under an address; see ``fetch`` of this module."""
        deadline = Deadline(self.seconds)
        place = self._parse(url)
        for _ in range(_MAXIMUM_REDIRECTS + 1):
            found = self._ask(place, deadline=deadline, maximum_bytes=maximum_bytes)
            if isinstance(found, FetchedFile):
                log.info("remote file fetched", host=place.host, size=len(found.content))
                return found
            place = self._parse(found)
        raise UrlRefusedError(
            f"The address leads on and on; more than {_MAXIMUM_REDIRECTS} redirects are not followed."
        )

    def _parse(self, url: str) -> RemoteUrl:
        return parse_url(url, https_only=self.https_only, ports=self.ports)

    def _ask(self, place: RemoteUrl, *, deadline: Deadline, maximum_bytes: int) -> FetchedFile | str:
        """Return the file, or the address that the place leads on to."""
        backend = GuardedBackend(
            deadline=deadline, maximum_bytes=maximum_bytes, may_connect=self.may_connect, resolve=self.resolve
        )
        with asking(
            place, headers=_headers(place), backend=backend, ssl_context=self.ssl_context, deadline=deadline
        ) as response:
            return _take(response, place, maximum_bytes=maximum_bytes)


def _headers(place: RemoteUrl) -> list[tuple[str, str]]:
    return [
        ("Host", place.host_header),
        ("User-Agent", _USER_AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]


def _take(response: httpcore.Response, place: RemoteUrl, *, maximum_bytes: int) -> FetchedFile | str:
    headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    if response.status in _REDIRECTS and "location" in headers:
        return place.join(headers["location"])
    if response.status in _TRY_AGAIN:
        raise UrlUnavailableError(f"{place.host} answers {response.status} just now.")
    if response.status != 200:
        raise UrlUnreachableError(f"{place.host} answers {response.status}, so there is no file to take.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise UrlUnreachableError(f"{place.host} sends the file compressed, which was not asked for.")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > maximum_bytes:
        raise _too_large(maximum_bytes)
    content = bytearray()
    for chunk in response.iter_stream():
        content += chunk
        if len(content) > maximum_bytes:
            raise _too_large(maximum_bytes)
    return FetchedFile(content=bytes(content), content_type=headers.get("content-type", ""), final_url=str(place))


def _too_large(maximum_bytes: int) -> InvalidValueError:
    return InvalidValueError(
        "file_too_large",
        f"The file is larger than {maximum_bytes / 1024**2:g} MB, the most that is taken.",
        field="url",
    )
