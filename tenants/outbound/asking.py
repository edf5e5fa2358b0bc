"""One request to one checked place, and what its failures are called."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import httpcore
import httpx2

from tenants.outbound.connecting import Deadline, GuardedBackend
from tenants.outbound.errors import UrlUnavailableError, UrlUnreachableError
from tenants.outbound.urls import RemoteUrl

__all__ = ["Headers", "asking", "verifying_context"]

Headers = Sequence[tuple[str, str]]


@cache
def verifying_context() -> ssl.SSLContext:
    """Return the certificates that are trusted."""
    return httpx2.create_ssl_context()


@contextmanager
def asking(
    place: RemoteUrl,
    *,
    method: str = "GET",
    headers: Headers,
    content: bytes = b"",
    backend: GuardedBackend,
    ssl_context: ssl.SSLContext,
    deadline: Deadline,
) -> Iterator[httpcore.Response]:
    """Send a request over a connection of its own and yield the answer, whose body is still to be read.

    No proxy, no cookie and no redirect. Raises ``UrlUnavailableError`` where asking again may help, else
    ``UrlUnreachableError``.
    """
    request = place.for_request
    try:
        with (
            httpcore.HTTPConnection(request.origin, ssl_context, network_backend=backend) as connection,
            connection.stream(method, request, headers=headers, content=content or None) as response,
        ):
            yield response
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        if isinstance(error, httpcore.ConnectError) and isinstance(error.__cause__, ssl.SSLError):
            raise UrlUnreachableError(f"{place.host} has no certificate that can be trusted.") from error
        # A time-out is the deadline's, which has its own sentence.
        deadline.remaining()
        raise UrlUnavailableError(f"{place.host} does not answer just now.") from error
    except httpcore.RemoteProtocolError as error:
        raise UrlUnreachableError(f"{place.host} does not answer as a web server does.") from error
