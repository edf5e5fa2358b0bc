"""A plain HTTP/1.1 client over one kept connection: for questions asked one at a time."""

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

__all__ = ["Answer", "KeptConnection", "build_request", "length_of_answer"]

LOOPBACK = "127.0.0.1"
BROWSER_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
}
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


def build_request(host: str, path: str, *, accept_encoding: str = "") -> bytes:
    """Return a GET as a browser sends it."""
    headers = {"Host": host, **BROWSER_HEADERS}
    if accept_encoding:
        headers["Accept-Encoding"] = accept_encoding
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def length_of_answer(received: bytes | bytearray) -> int | None:
    """Return how long the first answer in ``received`` is, head and body, or None while its head is not whole."""
    head_end = received.find(_HEAD_END)
    if head_end < 0:
        return None
    head = bytes(received[:head_end]).lower()
    at = head.find(_LENGTH)
    if at < 0:
        raise ValueError(f"An answer without Content-Length cannot be measured: {head!r}")
    line_end = head.find(b"\r\n", at + 2)
    return head_end + len(_HEAD_END) + int(head[at + len(_LENGTH) : line_end if line_end > 0 else None])


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, head as it came, and body."""

    status: int
    head: bytes
    body: bytes


class KeptConnection:
    """A connection to a port of this machine that is kept between questions."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, host: str, path: str) -> Answer:
        """Ask and wait for the whole answer."""
        self.send(build_request(host, path))
        return self.receive()

    def send(self, request: bytes) -> None:
        """Ask, without waiting."""
        self.socket.sendall(request)

    def receive(self) -> Answer:
        """Wait for the whole answer to what was sent."""
        received = bytearray()
        while (length := length_of_answer(received)) is None or len(received) < length:
            if not (chunk := self.socket.recv(65536)):
                raise ConnectionError("The server closed the connection in the middle of an answer.")
            received += chunk
        head, _, body = bytes(received).partition(_HEAD_END)
        return Answer(int(head[9:12]), head, body)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
