"""HTTP/1.1 and WebSocket by hand: bytes go out as they are written, and come back as they were sent."""

import asyncio
import base64
import os
import zlib
from contextvars import ContextVar
from dataclasses import dataclass, field
from weakref import WeakSet

import brotli

SECONDS = 30.0


class Dialled:
    """What was opened, and what is being opened, by one attack."""

    def __init__(self) -> None:
        self.open: WeakSet[asyncio.StreamWriter] = WeakSet()
        self.opening: set[asyncio.Task[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = set()


_dialled: ContextVar[Dialled] = ContextVar("dialled")


def begin_dialling() -> None:
    """Keep track of what this task and those it starts open, for ``hang_up_everywhere``."""
    _dialled.set(Dialled())


async def dial(port: int, *, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to a port of this machine, from one of its own addresses."""
    dialled = _dialled.get()
    local = None if source == "127.0.0.1" else (source, 0)
    opening = asyncio.create_task(asyncio.open_connection("127.0.0.1", port, local_addr=local, limit=2**20))
    dialled.opening.add(opening)
    # Shielded: who is cancelled just now would leave a connection behind that nobody knows.
    reader, writer = await asyncio.shield(opening)
    dialled.open.add(writer)
    dialled.opening.discard(opening)
    return reader, writer


async def hang_up_everywhere() -> None:
    """Close what is still open, as after an attack that ended in the middle of a move."""
    dialled = _dialled.get()
    opened = await asyncio.gather(*dialled.opening, return_exceptions=True)
    left = {*dialled.open, *(each[1] for each in opened if isinstance(each, tuple))}
    for writer in left:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in left), return_exceptions=True)


@dataclass(frozen=True)
class Ask:
    """A request: headers in the order they are sent, ``Host`` among them as often as wanted."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes that go out."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        if self.body or self.method in {"POST", "PUT", "DELETE", "PATCH"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self.body

    def header(self, name: str) -> str:
        """Return the first header of that name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Answer:
    """A response; ``status`` 0 stands for a connection that ended or stayed silent."""

    status: int
    head: bytes = b""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> bytes:
        """Head and body, the latter as it is before it is compressed."""
        encoding = self.headers.get("content-encoding")
        if not self.body:
            return self.head
        if encoding == "gzip":
            return self.head + zlib.decompress(self.body, wbits=31)
        if encoding == "br":
            return self.head + brotli.decompress(self.body)
        return self.head + self.body


SILENCE = Answer(0)


class Connection:
    """A kept-alive connection to one port; opened again when the server hangs up."""

    def __init__(self, port: int, *, source: str = "127.0.0.1") -> None:
        self._port = port
        self._source = source
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, ask: Ask, *, seconds: float = SECONDS) -> Answer:
        """Send a request and return the answer; ``SILENCE`` when there is none in time."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await dial(self._port, source=self._source)
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(ask.encode())
                answer = await _read_answer(self._reader, ask.method)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            await self.close()
            return SILENCE
        if answer.headers.get("connection") == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _read_answer(reader: asyncio.StreamReader, method: str) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
    status = int(first.split(" ")[1])
    body = b""
    if method != "HEAD" and status not in {101, 204, 304}:
        if headers.get("transfer-encoding") == "chunked":
            body = await _read_chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(status, head, body, headers)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\n")), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return bytes(body)


class Events:
    """Server-sent events, each as the bytes that came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def next(self) -> bytes:
        """Return the next event that says something; empty when the server hangs up or stays silent."""
        event = b""
        try:
            async with asyncio.timeout(SECONDS):
                while b"data:" not in event:
                    event = await self._reader.readuntil(b"\n\n")
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            return b""
        return event

    def close(self) -> None:
        """Go away."""
        self._writer.close()


async def listen(port: int, ask: Ask) -> tuple[Answer, Events | None]:
    """Ask for a stream of events; return the head of the answer, and the events where there are any."""
    reader, writer = await dial(port)
    writer.write(ask.encode())
    try:
        async with asyncio.timeout(SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        writer.close()
        return SILENCE, None
    status = int(head.split(b" ")[1])
    if status == 200:
        return Answer(status, head), Events(reader, writer)
    writer.close()
    return Answer(status, head), None


class Frames:
    """The frames of an open WebSocket (RFC 6455): text only, as Engine.IO sends it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, text: str) -> None:
        """Send one text frame."""
        payload, mask = text.encode(), os.urandom(4)
        size = len(payload)
        head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
        self._writer.write(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))

    async def receive(self) -> str | None:
        """Return the next text, or None when the server closes."""
        try:
            first, size = await self._reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self._reader.readexactly(8), "big")
            payload = await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return payload.decode() if first & 0x0F == 1 else None

    def close(self) -> None:
        """Go away without a word, as a browser does."""
        self._writer.close()


async def upgrade(port: int, ask: Ask) -> tuple[Answer, Frames | None]:
    """Ask for a WebSocket; return the answer, and the frames where it was accepted."""
    key = base64.b64encode(os.urandom(16)).decode()
    extra = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    reader, writer = await dial(port)
    writer.write(Ask(ask.method, ask.target, (*ask.headers, *extra, ("Sec-WebSocket-Key", key))).encode())
    try:
        async with asyncio.timeout(SECONDS):
            answer = await _read_answer(reader, ask.method)
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        answer = SILENCE
    if answer.status == 101:
        return answer, Frames(reader, writer)
    writer.close()
    return answer, None
