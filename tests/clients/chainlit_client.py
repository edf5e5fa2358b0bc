"""A chat client that speaks to a Chainlit server over Socket.IO exactly as Chainlit's own page does.

Several clients with different ``host_header`` values may talk to one multi-tenant server::

    async with ChainlitClient("http://127.0.0.1:8000", host_header="acme.localhost:8000") as chat:
        reply = await chat.send("Hello")
        assert "acme" in reply.text.lower()
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import aiohttp
import socketio

__all__ = ["ActionButton", "ChainlitClient", "Reply", "Step", "Turn"]

_EVENTS = (
    "new_message", "update_message", "delete_message", "stream_start", "stream_token",
    "action", "remove_action", "task_start", "task_end", "clear_call_fn",
)  # fmt: skip


@dataclass(slots=True)
class Step:
    """A message or step as the page knows it after all events so far."""

    id: str
    name: str
    type: str
    output: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class ActionButton:
    """A button under a message."""

    name: str
    label: str
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one turn brought.

    ``text`` is the streamed message, or the last message if none was streamed; ``tokens`` are the pieces as they
    arrived, one event each; ``steps`` leaves out messages; ``messages`` leaves out the user's own.
    """

    text: str
    tokens: list[str]
    steps: list[Step]
    messages: list[Step]
    actions: list[ActionButton]


class Turn:
    """One exchange under way: collects events until the server says that the task has ended."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._steps: dict[str, Step] = {}
        self._streamed: str | None = None
        self._tokens: list[str] = []
        self._actions: dict[str, ActionButton] = {}
        self._ended = False
        self._changed = asyncio.Condition()

    async def reply(self) -> Reply:
        """Wait for the end of the turn. Raises TimeoutError."""
        await self._until(lambda: self._ended)
        return self._collected()

    async def wait_for_tokens(self, count: int) -> list[str]:
        """Wait until ``count`` pieces have arrived. Raises TimeoutError."""
        await self._until(lambda: len(self._tokens) >= count)
        return list(self._tokens)

    async def until(self, arrived: Callable[[Reply], object]) -> Reply:
        """Wait until what has come so far satisfies ``arrived``, whatever else ends meanwhile. Raises TimeoutError."""
        await self._until(lambda: bool(arrived(self._collected())))
        return self._collected()

    async def receive(self, event: str, data: Any) -> None:
        """Take in one event of the server."""
        match event:
            case "new_message" | "update_message" | "stream_start":
                self._steps[data["id"]] = Step(
                    data["id"], data["name"], data["type"], data["output"], bool(data.get("isError"))
                )
                if event == "stream_start":
                    self._streamed = data["id"]
                    self._tokens.append(data["output"])
            case "stream_token":
                self._tokens.append(data["token"])
                if step := self._steps.get(data["id"]):
                    step.output = data["token"] if data["isSequence"] else step.output + data["token"]
            case "delete_message":
                self._steps.pop(data["id"], None)
            case "action":
                self._actions[data["id"]] = ActionButton(data["name"], data["label"], data)
            case "remove_action":
                self._actions.pop(data["id"], None)
            case "task_end":
                self._ended = True
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(self._timeout), self._changed:
            await self._changed.wait_for(condition)

    def _collected(self) -> Reply:
        messages = [step for step in self._steps.values() if step.type == "assistant_message"]
        last = self._steps.get(self._streamed or "") or (messages[-1] if messages else None)
        return Reply(
            text=last.output if last else "",
            tokens=list(self._tokens),
            steps=[step for step in self._steps.values() if not step.type.endswith("_message")],
            messages=messages,
            actions=list(self._actions.values()),
        )


class ChainlitClient:
    """One browser tab. Use it as an async context manager, or call ``connect`` and ``disconnect``.

    ``host_header`` is what a browser would have in its address bar when the server is reached at ``base_url``;
    ``session_id`` lets a test come back to, or try to take over, an existing session. Every wait ends
    after ``timeout`` seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        host_header: str | None = None,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        session_id: str | None = None,
        thread_id: str = "",
        chat_profile: str = "",
        user_env: str = "{}",
        prefix: str = "",
        timeout: float = 30,
    ) -> None:
        self.session_id = session_id or str(uuid4())
        self._base_url = base_url.rstrip("/")
        self._prefix = prefix.rstrip("/")
        self._headers = dict(headers or {})
        if host_header:
            self._headers["Host"] = host_header
        self._cookies = dict(cookies or {})
        self._auth = {
            "sessionId": self.session_id,
            "clientType": "webapp",
            "userEnv": user_env,
            "chatProfile": chat_profile,
            "threadId": thread_id,
        }
        self._timeout = timeout
        self.reloads = 0
        """How often the server told the page to load anew."""
        self._turn: Turn | None = None
        self.heard: list[tuple[str, Any]] = []
        """Every event so far with what it carried, also those that belong to no turn."""
        self._ready = asyncio.Event()
        self._refusal = ""
        self._http: aiohttp.ClientSession | None = None
        self._socket: socketio.AsyncClient | None = None

    async def connect(self) -> None:
        """Open the socket and wait until the server has set the session up.

        Raises socketio.exceptions.ConnectionError, with the server's reason, when it is refused.
        """
        await self.disconnect()
        self._ready.clear()
        # The HTTP session is ours because socketio leaves its own open when the server refuses the socket.
        self._http = aiohttp.ClientSession(cookies=self._cookies, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._socket = socketio.AsyncClient(reconnection=False, http_session=self._http)
        for event in _EVENTS:
            self._socket.on(event, self._handler(event))
        self._socket.on("connect_error", self._note_refusal)
        self._socket.on("reload", self._count_reload)
        self._socket.on("*", self._listen)
        try:
            await self._socket.connect(
                self._base_url,
                headers=dict(self._headers),
                auth=self._auth,
                socketio_path=f"{self._prefix}/ws/socket.io",
                transports=["websocket"],
                wait_timeout=self._timeout,
            )
            await self._socket.emit("connection_successful")
            async with asyncio.timeout(self._timeout):
                await self._ready.wait()
        except socketio.exceptions.ConnectionError as error:
            await self.disconnect()
            raise socketio.exceptions.ConnectionError(self._refusal or str(error)) from error
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Close the socket; harmless when it is closed already."""
        if self._socket is not None:
            await self._socket.disconnect()
            self._socket = None
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def begin(self, text: str, *, message_id: str = "", files: Sequence[str] = ()) -> Turn:
        """Send ``text`` and return at once, to watch or stop the answer while it arrives.

        ``files`` are ids that uploads were answered with.
        """
        self._turn = turn = Turn(self._timeout)
        message = {
            "id": message_id or str(uuid4()),
            "threadId": "",
            "name": "User",
            "type": "user_message",
            "output": text,
            "createdAt": datetime.now(UTC).isoformat(),
        }
        await self._connected().emit(
            "client_message",
            {"message": message, "fileReferences": [{"id": file_id} for file_id in files]},
        )
        return turn

    async def send(self, text: str, **options: Any) -> Reply:
        """Send ``text`` and wait for the whole answer; options as for ``begin``."""
        return await (await self.begin(text, **options)).reply()

    async def stop(self) -> Reply:
        """Press stop during a turn, and return what had arrived."""
        if self._turn is None:
            raise RuntimeError("nothing has been sent that could be stopped")
        await self._connected().emit("stop")
        return await self._turn.reply()

    async def begin_action(self, button: ActionButton) -> Turn:
        """Press ``button``, over HTTP as the page does, and return the turn that it starts."""
        self._turn = turn = Turn(self._timeout)
        async with (
            aiohttp.ClientSession(cookies=self._cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
            http.post(
                f"{self._base_url}{self._prefix}/project/action",
                headers=self._headers,
                json={"action": dict(button.raw), "sessionId": self.session_id},
            ) as response,
        ):
            response.raise_for_status()
        return turn

    async def press(self, button: ActionButton) -> Reply:
        """Press ``button`` and wait for the whole answer."""
        return await (await self.begin_action(button)).reply()

    async def _count_reload(self, _data: Any = None) -> None:
        self.reloads += 1

    def _connected(self) -> socketio.AsyncClient:
        if self._socket is None:
            raise RuntimeError("the client is not connected")
        return self._socket

    def _note_refusal(self, reason: Any = None) -> None:
        self._refusal = reason.get("message", "") if isinstance(reason, dict) else str(reason or "")

    def _handler(self, event: str) -> Callable[..., Any]:
        async def receive(data: Any = None) -> None:
            await self._listen(event, data)
            # The server clears the pending calls last when it greets a new socket.
            if event == "clear_call_fn":
                self._ready.set()
            elif self._turn is not None:
                await self._turn.receive(event, data)

        return receive

    async def _listen(self, event: str, data: Any = None) -> None:
        self.heard.append((event, data))

    async def emit(self, event: str, data: Any = None) -> None:
        """Send any event as the page would."""
        await self._connected().emit(event, data)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()
