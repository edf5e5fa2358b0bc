"""As many GETs as a server can answer: each connection asks again as soon as it has its answer, without pipelining."""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

from bench.keepalive import LOOPBACK, build_request, length_of_answer
from bench.load.generator import run_load
from bench.load.window import measured_window

__all__ = ["HttpLoad", "HttpResult", "measure_http_load"]


@dataclass(frozen=True, kw_only=True)
class HttpLoad:
    """What to ask whom, how long, and what the answer must be. Connections take the hosts in turn."""

    port: int
    server_pid: int
    hosts: tuple[str, ...]
    path: str
    accept_encoding: str
    expected_status: int
    connections: int
    warm_up_seconds: float
    measured_seconds: float


@dataclass(frozen=True, kw_only=True)
class HttpResult:
    """What was measured; shares are of one core."""

    requests: int
    seconds: float
    server_cpu: float
    server_share: float
    client_share: float

    @property
    def requests_a_second(self) -> float:
        """Answers a second of all connections together."""
        return self.requests / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The server's processor time for one request."""
        return self.server_cpu / self.requests * 1e6


def measure_http_load(load: HttpLoad) -> HttpResult:
    """Put the load on, from another process; raises ``LoadError``."""
    return HttpResult(**run_load("bench.load.http", load))


class Asking(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last is whole."""

    def __init__(self, requests: Iterator[bytes], expected_status: int) -> None:
        self._requests = requests
        self._expected = f"HTTP/1.1 {expected_status} ".encode("ascii")
        self._received = bytearray()
        self._length: int | None = None
        self._transport: asyncio.Transport
        self.answers = 0
        self.failure = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer; ask again once it is whole."""
        self._received += data
        if self._length is None:
            self._length = length_of_answer(self._received)
        if self._length is None or len(self._received) < self._length:
            return
        if not self._received.startswith(self._expected):
            self.failure = f"unexpected answer: {bytes(self._received[:300])!r}"
            self._transport.close()
            return
        self.answers += 1
        self._received.clear()
        self._length = None
        self._transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server hung up."""
        self.failure = self.failure or f"the server closed a connection ({exc})"


async def _put_on(load: HttpLoad) -> dict[str, float]:
    requests = [build_request(host, load.path, accept_encoding=load.accept_encoding) for host in load.hosts]
    loop = asyncio.get_running_loop()
    asking = []
    for number in range(load.connections):
        # Each connection begins with another tenant and goes on through all of them, as a gateway's would.
        own = islice(cycle(requests), number % len(requests), None)
        _, protocol = await loop.create_connection(partial(Asking, own, load.expected_status), LOOPBACK, load.port)
        asking.append(protocol)
    await asyncio.sleep(load.warm_up_seconds)
    before = sum(each.answers for each in asking)
    window = await measured_window(load.server_pid, load.measured_seconds)
    answers = sum(each.answers for each in asking) - before
    if failures := {each.failure for each in asking if each.failure}:
        raise RuntimeError("; ".join(sorted(failures)))
    return {"requests": answers, **window.shares()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_put_on(HttpLoad(**json.load(sys.stdin))))))
