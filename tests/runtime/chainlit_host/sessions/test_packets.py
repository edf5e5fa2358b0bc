"""The short way of an event must end in the very packets that Socket.IO's own way ends in."""

import asyncio
import contextlib

import pytest
import socketio
from engineio.async_socket import AsyncSocket
from engineio.exceptions import QueueEmpty, SocketIsClosedError
from hypothesis import given
from hypothesis import strategies as st
from socketio.async_manager import AsyncManager

from runtime.chainlit_host.sessions.packets import DirectManager, DirectSocket

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
keys = st.text() | st.integers() | st.none() | st.booleans() | st.floats()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner), max_leaves=20
)
any_values = st.recursive(
    scalars | st.binary() | st.builds(bytearray, st.binary()) | st.builds(object) | st.sets(st.integers()),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=12,
)


class Page:
    """One connected client of a real Socket.IO server, without a network: what is sent waits in its queue."""

    def __init__(self, server, number):
        self.server = server
        self.transport = AsyncSocket(server.eio, f"transport {number}")
        server.eio.sockets[self.transport.sid] = self.transport

    async def connect(self):
        self.sid = await self.server.manager.pre_connect(self.transport.sid, "/")
        await self.server.manager.connect(self.sid, "/")

    def taken(self):
        packets = []
        while not self.transport.queue.empty():
            packets.append(self.transport.queue.get_nowait().encode())
        return packets


async def _pages(manager, count=2):
    server = socketio.AsyncServer(async_mode="asgi", client_manager=manager())
    pages = [Page(server, number) for number in range(count)]
    for page in pages:
        await page.connect()
    return server, pages


async def _sent(manager, data, event="event"):
    """Return what each of two pages gets of an event to the first, or the error."""
    server, pages = await _pages(manager)
    try:
        await server.emit(event, data, to=pages[0].sid)
    except Exception as error:  # noqa: BLE001 - errors are compared too
        return type(error), str(error)
    return [page.taken() for page in pages]


@given(st.text(), json_values)
def test_json_is_sent_byte_for_byte_as_on_the_ordinary_way(event, data):
    assert asyncio.run(_sent(DirectManager, data, event)) == asyncio.run(_sent(AsyncManager, data, event))


@given(any_values)
def test_bytes_and_what_cannot_be_sent_end_as_on_the_ordinary_way(data):
    assert asyncio.run(_sent(DirectManager, data)) == asyncio.run(_sent(AsyncManager, data))


def test_arguments_beyond_one_bytes_and_no_data_take_their_ways():
    for data in (None, (1, "two"), (), b"bytes", [b"a", {"b": b"c"}], {"text": "ünïcödé \u2028"}):
        direct = asyncio.run(_sent(DirectManager, data))
        assert direct == asyncio.run(_sent(AsyncManager, data))
        assert len(direct[0]) == (1 if data not in (b"bytes", [b"a", {"b": b"c"}]) else len(direct[0]))
        assert direct[0]
        assert direct[1] == []


@pytest.mark.parametrize("manager", [AsyncManager, DirectManager])
async def test_rooms_skipped_pages_and_everyone_are_served_as_ever(manager):
    server, (first, second) = await _pages(manager)
    await server.enter_room(first.sid, "room")
    await server.enter_room(second.sid, "room")

    await server.emit("to all", 1)
    await server.emit("to the room", 2, room="room")
    await server.emit("to some", 3, to=[first.sid, second.sid])
    await server.emit("but one", 4, skip_sid=first.sid)
    await server.emit("not to itself", 5, to=first.sid, skip_sid=first.sid)
    await server.emit("to nobody", 6, to="a stranger")
    await server.leave_room(second.sid, "room")
    await server.emit("to a room of one", 7, room="room")

    common = ['42["to all",1]', '42["to the room",2]', '42["to some",3]']
    assert first.taken() == [*common, '42["to a room of one",7]']
    assert second.taken() == [*common, '42["but one",4]']


@pytest.mark.parametrize("manager", [AsyncManager, DirectManager])
async def test_whoever_may_not_be_reached_is_not(manager):
    server, (own, other) = await _pages(manager)
    participants = server.manager.get_participants
    server.manager.get_participants = lambda namespace, room: (
        pair for pair in participants(namespace, room) if pair[0] != other.sid
    )
    await server.emit("event", 1, to=other.sid)
    await server.emit("event", 2, to=own.sid)

    assert other.taken() == []
    assert own.taken() == ['42["event",2]']


async def test_an_acknowledgement_that_is_wanted_is_asked_for():
    server, (page, _) = await _pages(DirectManager)
    answered = []
    await server.emit("ask", {"question": 1}, to=page.sid, callback=answered.append)
    assert page.taken() == ['421["ask",{"question":1}]']
    await server.manager.trigger_callback(page.sid, 1, ["an answer"])
    assert answered == ["an answer"]


async def test_each_event_is_on_its_way_before_the_sender_goes_on():
    server, (page, _) = await _pages(DirectManager)
    page.transport.__class__ = DirectSocket
    arrived = []

    async def write():
        while packets := await page.transport.poll():
            arrived.extend(packet.encode() for packet in packets)

    writing = asyncio.create_task(write())
    await asyncio.sleep(0)
    for number in range(50):
        await server.emit("stream_token", number, to=page.sid)
        assert len(arrived) == number + 1
    page.transport.queue.put_nowait(None)
    await writing


async def test_a_page_that_has_gone_silent_is_closed_and_one_that_is_closed_gets_nothing():
    server, (silent, closed) = await _pages(DirectManager)
    silent.transport.last_ping = 1.0
    await server.emit("event", 1, to=silent.sid)
    assert silent.transport.closed

    closed.transport.closed = True
    with contextlib.suppress(SocketIsClosedError):
        await server.emit("event", 1, to=closed.sid)
    assert closed.taken() == []


async def test_waiting_packets_are_taken_together_up_to_the_end():
    server, (page, _) = await _pages(DirectManager)
    page.transport.__class__ = DirectSocket
    for number in range(3):
        await server.emit("event", number, to=page.sid)
    page.transport.queue.put_nowait(None)

    assert [packet.encode() for packet in await page.transport.poll()] == [f'42["event",{n}]' for n in range(3)]
    assert await page.transport.poll() == []
    # Everything taken counts as done, which a close with ``wait`` waits for.
    await page.transport.queue.join()


async def test_a_transport_without_packets_gives_up_in_the_end():
    server, (page, _) = await _pages(DirectManager)
    page.transport.__class__ = DirectSocket
    server.eio.ping_interval = server.eio.ping_timeout = 0.001
    with pytest.raises(QueueEmpty):
        await page.transport.poll()


async def test_a_cancelled_wait_loses_no_packet():
    _, (page, _) = await _pages(DirectManager)
    page.transport.__class__ = DirectSocket
    waiting = asyncio.create_task(page.transport.poll())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(QueueEmpty):
        await waiting
    await page.transport.queue.put("a packet")
    assert await page.transport.poll() == ["a packet"]
