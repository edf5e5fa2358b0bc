"""A WebSocket (RFC 6455) that costs the client next to nothing, so that the server is what is measured."""

import asyncio
import base64
import secrets
import struct
from collections.abc import Callable

__all__ = ["WebSocket", "open_websocket"]

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL = 0x80
_MASKED = 0x80
# A client must mask what it sends; masking with zeros changes nothing and is as valid as any other key.
_MASK = b"\x00\x00\x00\x00"


class WebSocket(asyncio.Protocol):
    """An open socket; ``on_text`` is called with each text message, unfragmented and not compressed."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = bytearray()
        self._transport: asyncio.Transport
        self._upgraded = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_text: Callable[[bytes], None] = lambda text: None
        self.on_lost: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take bytes: the answer to the handshake first, then frames."""
        self._received += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := self._take_frame()) is not None:
            opcode, payload = frame
            if opcode == _TEXT:
                self.on_text(payload)
            elif opcode == _PING:
                self._send_frame(_PONG, payload)
            elif opcode == _CLOSE:
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("The server refused a socket."))
        self.on_lost()

    def send_text(self, text: str) -> None:
        """Send one message."""
        self._send_frame(_TEXT, text.encode())

    def close(self) -> None:
        """Close without the farewell: the server treats it as a browser that went away."""
        self._transport.close()

    def _upgrade(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._received.startswith(b"HTTP/1.1 101 "):
            self.opened.set_exception(ConnectionError(f"No upgrade: {bytes(self._received[:300])!r}"))
            self.close()
            return False
        del self._received[: end + 4]
        self._upgraded = True
        self.opened.set_result(None)
        return True

    def _take_frame(self) -> tuple[int, bytes] | None:
        received = self._received
        if len(received) < 2:
            return None
        length, start = received[1] & 0x7F, 2
        if length >= 126:
            layout, start = (">H", 4) if length == 126 else (">Q", 10)
            if len(received) < start:
                return None
            (length,) = struct.unpack_from(layout, received, 2)
        if len(received) < start + length:
            return None
        opcode, payload = received[0] & 0x0F, bytes(received[start : start + length])
        del received[: start + length]
        return opcode, payload

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", _FINAL | opcode, _MASKED | length)
        else:
            head = struct.pack(">BBH", _FINAL | opcode, _MASKED | 126, length)
        self._transport.write(head + _MASK + payload)


async def open_websocket(port: int, host: str, path: str) -> WebSocket:
    """Return an open socket to a port of this machine; raises ``ConnectionError``."""
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}", "", "",
    ]  # fmt: skip
    request = "\r\n".join(lines).encode("ascii")
    _, socket = await asyncio.get_running_loop().create_connection(lambda: WebSocket(request), "127.0.0.1", port)
    await socket.opened
    return socket
