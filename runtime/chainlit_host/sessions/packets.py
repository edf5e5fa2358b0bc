"""Seam: the way of an event to a page, which Socket.IO and Engine.IO make long.

For each event they look through its data for bytes, set up a JSON encoder, start a task for each recipient and wait for
all of them; then a writer wakes through another task and a timer. Chainlit sends to one page at a time, several times
in each answer. Here such an event is encoded and queued on the spot. What pages receive is the same, packet by packet
and byte by byte; whatever is out of the ordinary goes the way it always went.
"""

import asyncio
import json
import time
from typing import Any

import engineio.async_socket
import engineio.packet
import socketio.packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import QueueEmpty
from socketio import AsyncServer
from socketio.async_manager import AsyncManager

__all__ = ["DirectManager", "DirectSocket", "install_packets"]


class _NotPlainError(Exception):
    """The data holds something that JSON has no form for: bytes, which become attachments, or a mistake of the app."""


def _refuse(value: object) -> Any:
    raise _NotPlainError(type(value).__name__)


# As json.dumps makes one on each call with these separators, but for what it does with values it does not know.
_encode = json.JSONEncoder(separators=(",", ":"), default=_refuse).encode


class DirectManager(AsyncManager):  # type: ignore[misc]  # Socket.IO has no types
    """Socket.IO's manager with a short way for events that go to one page and want no acknowledgement."""

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        *,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        """Queue the event, and let others run, so that it is sent before the sender goes on."""
        recipient = to or room
        transport = None if skip_sid or callback else self._only_transport(namespace, recipient)
        if transport is not None and (packet := _plain_packet(event, data)) is not None:
            transport.queue.put_nowait(packet)
            await asyncio.sleep(0)
            return
        await super().emit(event, data, namespace, room=recipient, skip_sid=skip_sid, callback=callback, **options)

    def _only_transport(self, namespace: str, recipient: Any) -> AsyncSocket | None:
        """Return the open transport of the one page that is meant, or None where that is not so simple."""
        if namespace != "/" or namespace not in self.rooms or not isinstance(recipient, str):
            return None
        # Asked as Socket.IO asks: ``transports`` leaves out who does not belong to the tenant.
        participants = list(self.get_participants(namespace, recipient))
        if len(participants) != 1:
            return None
        transport: AsyncSocket | None = self.server.eio.sockets.get(participants[0][1])
        if transport is None or transport.closed or not _heard_from(transport):
            return None
        return transport


def _heard_from(transport: AsyncSocket) -> bool:
    """Say whether the client answered the last ping in time; one that did not is closed on the ordinary way."""
    asked_at = transport.last_ping
    return not asked_at or time.time() - asked_at <= transport.server.ping_timeout


def _plain_packet(event: str, data: Any) -> engineio.packet.Packet | None:
    """Return the Engine.IO packet of an event, or None where its data holds more than JSON."""
    arguments = data if isinstance(data, tuple) else () if data is None else (data,)
    try:
        text = f"{socketio.packet.EVENT}{_encode([event, *arguments])}"
    # Whatever is wrong with the data, Socket.IO finds it again and says so in its own words.
    except Exception:  # noqa: BLE001 - as above
        return None
    return engineio.packet.Packet(engineio.packet.MESSAGE, text)


class DirectSocket(AsyncSocket):  # type: ignore[misc]  # nor has Engine.IO
    """Engine.IO's transport that waits for packets without a task and a timer for each."""

    async def poll(self) -> list[Any]:
        """Return what is to be sent, waiting for the first of it; an empty list when the transport is to close."""
        queue = self.queue
        try:
            if queue.empty():
                async with asyncio.timeout(self.server.ping_interval + self.server.ping_timeout):
                    first = await queue.get()
            else:
                first = queue.get_nowait()
        except (TimeoutError, asyncio.CancelledError):
            raise QueueEmpty from None
        queue.task_done()
        if first is None:
            return []
        packets = [first]
        while not queue.empty():
            packet = queue.get_nowait()
            queue.task_done()
            if packet is None:
                queue.put_nowait(None)
                break
            packets.append(packet)
        return packets


def install_packets(server: AsyncServer) -> None:
    """Give a Socket.IO server the short ways, before its first client comes."""
    server.manager.__class__ = DirectManager
    vars(engineio.async_socket)["AsyncSocket"] = DirectSocket
