"""Start what the container files start, as an ordinary process on loopback."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCKER", "PROGRAMS", "Answer", "free_port", "request", "started"]

DOCKER = Path(__file__).resolve().parent.parent.parent / "docker"
PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names as ``http.client`` compares them, without case."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(
    port: int,
    path: str,
    *,
    host: str = "localhost",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request exactly as written: neither the path nor the Host header is tidied up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        length = {} if body is None else {"Content-Length": str(len(body))}
        for name, value in ({"Host": host} | length | dict(headers or {})).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    health: tuple[int, str],
    log: Path,
    listening: Sequence[int] = (),
) -> Iterator[None]:
    """Run ``command`` until the block ends.

    The block begins when ``health`` (port, path) answers 200 and all of the ports ``listening`` take connections.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=output)
    try:
        wait_until_healthy(process, *health, listening=listening, log=log)
        yield
    finally:
        process.kill()  # what it stored is thrown away, and SeaweedFS takes its time to end by itself
        process.wait()


def wait_until_healthy(
    process: subprocess.Popen[bytes], port: int, path: str, *, listening: Sequence[int], log: Path
) -> None:
    """Return once the process answers 200 and listens; fail with its log when it ends, or after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            for other in listening:
                socket.create_connection(("127.0.0.1", other), timeout=5).close()
            if request(port, path).status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"not healthy, see its log:\n{log.read_text()}")
