"""A chat over a bare WebSocket: every frame is kept, so that nothing that comes back goes unseen."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.isolation.wire import Answer, Ask, Frames, upgrade

SOCKET = "/ws/socket.io/?EIO=4&transport="
ANSWER_SECONDS = 20.0
Headers = Sequence[tuple[str, str]]


class RefusedError(Exception):
    """The server did not let the socket in; ``answer`` and ``frames`` are what it said."""

    def __init__(self, answer: Answer, frames: Sequence[str]) -> None:
        super().__init__(answer.status, *frames)
        self.answer = answer
        self.frames = list(frames)


class Chat:
    """One open chat. ``heard`` collects every frame since it was last emptied."""

    def __init__(self, frames: Frames, answer: Answer) -> None:
        self._frames = frames
        self._reading = asyncio.create_task(self._read())
        self._changed = asyncio.Event()
        self.answer = answer
        self.heard: list[str] = []
        self.closed = False
        self.transport_id = ""

    @classmethod
    async def open(
        cls, port: int, headers: Headers, auth: object, *, sid: str = "", greeted: bool = True, prefix: str = ""
    ) -> "Chat":
        """Open a chat; raises ``RefusedError``. With ``sid`` an existing transport is asked for.

        ``prefix`` is what the address begins with.
        """
        target = f"{prefix}{SOCKET}websocket" + (f"&sid={sid}" if sid else "")
        answer, frames = await upgrade(port, Ask("GET", target, tuple(headers)))
        if frames is None:
            raise RefusedError(answer, ())
        chat = cls(frames, answer)
        frames.send("2probe" if sid else "40" + json.dumps(auth))
        # What the app sends to everybody may come before the answer.
        await chat.until("3probe" if sid else ("40", "44"))
        if sid or not chat.has("40"):
            heard = list(chat.heard)
            if sid and chat.has("3probe"):
                return chat
            await chat.close()
            raise RefusedError(answer, heard)
        chat.transport_id = json.loads(next(frame for frame in chat.heard if frame.startswith("0"))[1:])["sid"]
        if greeted:
            frames.send('42["connection_successful"]')
            await chat.until('42["clear_call_fn"')
        return chat

    def has(self, start: str | tuple[str, ...]) -> bool:
        """Say whether a frame that begins so, or in one of several ways, was heard."""
        return any(frame.startswith(start) for frame in self.heard)

    async def until(self, start: str | tuple[str, ...]) -> bool:
        """Wait for a frame that begins so; False when the socket closed or stayed silent instead."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not self.has(start):
                    if self.closed:
                        return False
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def emit(self, event: str, *values: Any) -> None:
        """Send an event."""
        self._frames.send("42" + json.dumps([event, *values]))

    async def say(self, text: str, message_id: object) -> list[str]:
        """Send a message; return all frames until its turn ends."""
        self.heard.clear()
        message = {"id": str(message_id), "threadId": "", "name": "User", "type": "user_message", "output": text}
        self.emit("client_message", {"message": {**message, "createdAt": "2026-01-01T00:00:00Z"}, "fileReferences": []})
        await self.until('42["task_end"')
        return list(self.heard)

    async def close(self) -> None:
        """Hang up."""
        self._frames.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        while (text := await self._frames.receive()) is not None:
            if text == "2":
                self._frames.send("3")
            else:
                self.heard.append(text)
            self._changed.set()
        self.closed = True
        self._changed.set()


def answer_of(frames: Sequence[str]) -> Any:
    """Return what the app of the attack answered: the JSON of its last message, None where it gave no answer."""
    for frame in reversed(frames):
        if frame.startswith('42["new_message"'):
            step = json.loads(frame[2:])[1]
            if step["type"] == "assistant_message" and step["output"]:
                # A command that fails half way has only said something.
                with suppress(ValueError):
                    return json.loads(step["output"])
                return None
    return None
