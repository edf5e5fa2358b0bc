"""Connections of httpcore that are pinned to a checked address and end at a deadline, whatever the other side does."""

import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from tenants.outbound.addresses import Address
from tenants.outbound.errors import UrlRefusedError, UrlUnreachableError

__all__ = ["Deadline", "GuardedBackend"]

_OVERHEAD_BYTES = 256 * 1024
"""What headers, chunk sizes and TLS may add to an answer on its way."""


class Deadline:
    """The moment when everything must be over: names, connections, redirects and the answer itself."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, or raise ``UrlUnreachableError``."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise UrlUnreachableError(f"The answer did not arrive within {self._seconds:g} seconds.")
        return left


class GuardedBackend(httpcore.NetworkBackend):
    """Looks a name up once, checks every address it has, and connects to one of those.

    So no second look-up can answer otherwise (DNS rebinding). TLS is verified against the name all the same. The
    time-outs that httpcore passes are unused: the deadline decides.
    """

    def __init__(
        self,
        *,
        deadline: Deadline,
        maximum_bytes: int,
        may_connect: Callable[[Address], bool],
        resolve: Callable[[str, float], Sequence[Address]],
    ) -> None:
        self._deadline = deadline
        self._maximum_bytes = maximum_bytes
        self._may_connect = may_connect
        self._resolve = resolve
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; raises ``UrlRefusedError`` where one of them is not public."""
        addresses = self._resolve(host, self._deadline.remaining())
        if not addresses or not all(map(self._may_connect, addresses)):
            raise UrlRefusedError(f"{host} leads into a network that is not public.")
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for number, address in enumerate(addresses):
            # A share of the time each, so that one dead address leaves some for the others.
            share = self._deadline.remaining() / (len(addresses) - number)
            try:
                stream = self._backend.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _GuardedStream(stream, deadline=self._deadline, budget=self._maximum_bytes + _OVERHEAD_BYTES)
        raise failure or httpcore.ConnectError(host)


class _GuardedStream(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline, and that takes no more bytes than an answer could need."""

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: Deadline, budget: int) -> None:
        self._stream = stream
        self._deadline = deadline
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._deadline.remaining())
        self._budget -= len(data)
        if self._budget < 0:
            raise UrlUnreachableError("The other site sends far more than an answer needs.")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _GuardedStream(secured, deadline=self._deadline, budget=self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
