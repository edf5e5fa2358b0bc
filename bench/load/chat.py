"""Chat turns over many sockets, spoken as Chainlit's page speaks: Engine.IO 4, Socket.IO 5, WebSocket transport."""

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Any

from bench.load.generator import run_load
from bench.load.websocket import WebSocket, open_websocket
from bench.load.window import measured_window

__all__ = ["ChatLoad", "ChatResult", "measure_chat_load"]

SOCKET_PATH = "/ws/socket.io/?EIO=4&transport=websocket"
OPENING_AT_ONCE = 10
ANSWER_SECONDS = 60
_EVENT = b'42["'


@dataclass(frozen=True, kw_only=True)
class ChatLoad:
    """Sockets over hosts; each sends a turn when the last is answered, or every ``interval_seconds`` where not 0."""

    port: int
    server_pid: int
    hosts: tuple[str, ...]
    sockets: int
    interval_seconds: float
    expected_pieces: int
    warm_up_seconds: float
    measured_seconds: float


@dataclass(frozen=True, kw_only=True)
class ChatResult:
    """What was measured; latencies in seconds, shares of one core."""

    latencies: list[float]
    seconds: float
    server_cpu: float
    server_share: float
    client_share: float

    @property
    def cpu_microseconds(self) -> float:
        """The server's processor time for one turn."""
        return self.server_cpu / len(self.latencies) * 1e6


def measure_chat_load(load: ChatLoad) -> ChatResult:
    """Put the load on, from another process; raises ``LoadError``."""
    return ChatResult(**run_load("bench.load.chat", load))


class Chat:
    """One browser tab."""

    def __init__(self, socket: WebSocket, expected_pieces: int) -> None:
        self._socket = socket
        self._expected_pieces = expected_pieces
        self._pieces = 0
        self._changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited = b""
        socket.on_text = self._receive
        socket.on_lost = self._lose

    async def begin(self) -> None:
        """Introduce the tab as the page does and wait until the server has set its session up."""
        auth = {
            "sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": "",
        }  # fmt: skip
        await self._exchange("40" + json.dumps(auth), b"40")
        await self._exchange('42["connection_successful"]', b"clear_call_fn")

    async def take_turn(self) -> None:
        """Send a message and wait for the end of its answer; raises ``RuntimeError`` for a broken one."""
        self._pieces = 0
        message = {
            "id": str(uuid.uuid4()), "threadId": "", "name": "User", "type": "user_message",
            "output": "Hello", "createdAt": "2025-01-01T00:00:00.000Z",
        }  # fmt: skip
        event = ["client_message", {"message": message, "fileReferences": []}]
        await self._exchange("42" + json.dumps(event), b"task_end")
        if self._pieces != self._expected_pieces:
            raise RuntimeError(f"an answer came in {self._pieces} pieces instead of {self._expected_pieces}")

    def close(self) -> None:
        """Go away."""
        self._socket.on_lost = lambda: None
        self._socket.close()

    async def _exchange(self, text: str, awaited: bytes) -> None:
        self._awaited = awaited
        self._changed = asyncio.get_running_loop().create_future()
        self._socket.send_text(text)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._changed

    def _receive(self, text: bytes) -> None:
        if text.startswith(_EVENT):
            name = text[len(_EVENT) : text.find(b'"', len(_EVENT))]
            # Chainlit sends the first token of an answer with stream_start.
            if name in (b"stream_token", b"stream_start"):
                self._pieces += 1
        elif text == b"2":  # Engine.IO's ping
            self._socket.send_text("3")
            return
        else:
            name = text[:2]
        if name == self._awaited and not self._changed.done():
            self._changed.set_result(None)

    def _lose(self) -> None:
        if not self._changed.done():
            self._changed.set_exception(ConnectionError("The server closed a socket during a turn."))


class Turns:
    """Takes turns for as long as it is let, and notes when each was due and how long it took."""

    def __init__(self, chat: Chat, interval_seconds: float) -> None:
        self._chat = chat
        self._interval = interval_seconds
        self.done: list[tuple[float, float]] = []

    async def run(self) -> None:
        """Take turns until cancelled."""
        # Spread over the interval: people do not write in step.
        due = time.perf_counter() + random.random() * self._interval  # noqa: S311 - spreading, not secrecy
        while True:
            # A turn that is late because of the one before counts from when it was due.
            await asyncio.sleep(max(0.0, due - time.perf_counter()) if self._interval else 0)
            began = due if self._interval else time.perf_counter()
            await self._chat.take_turn()
            ended = time.perf_counter()
            self.done.append((ended, ended - began))
            due += self._interval


async def _open_chat(load: ChatLoad, number: int, places: asyncio.Semaphore) -> Chat:
    async with places:
        socket = await open_websocket(load.port, load.hosts[number % len(load.hosts)], SOCKET_PATH)
        chat = Chat(socket, load.expected_pieces)
        await chat.begin()
        await chat.take_turn()
        return chat


async def _put_on(load: ChatLoad) -> dict[str, Any]:
    places = asyncio.Semaphore(OPENING_AT_ONCE)
    chats = await asyncio.gather(*(_open_chat(load, number, places) for number in range(load.sockets)))
    turns = [Turns(chat, load.interval_seconds) for chat in chats]
    tasks = [asyncio.create_task(each.run()) for each in turns]
    await asyncio.sleep(load.warm_up_seconds)
    began = time.perf_counter()
    window = await measured_window(load.server_pid, load.measured_seconds)
    ended = time.perf_counter()
    for task in tasks:
        if task.done():
            task.result()  # raises what ended it
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for chat in chats:
        chat.close()
    latencies = [seconds for each in turns for at, seconds in each.done if began <= at <= ended]
    if not latencies:
        raise RuntimeError("no turn ended in the measured time")
    return {"latencies": latencies, **window.shares()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_put_on(ChatLoad(**json.load(sys.stdin))))))
