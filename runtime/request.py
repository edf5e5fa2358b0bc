"""The request that the running code belongs to: its id for log lines and error pages, and its face for app code."""

import re
from contextvars import ContextVar, Token
from random import Random

from starlette.requests import Request

from runtime.asgi import Message, Receive, Scope

__all__ = [
    "NoRequestError", "RememberedBody", "accept_request_id", "bind_connection", "bind_request_id", "connection_scope",
    "current_request", "current_request_id", "find_request", "release_request_id",
]  # fmt: skip

BODY = "chainlit_tenants.body"
"""The place in an HTTP scope where its ``RememberedBody`` is."""

LONGEST_REMEMBERED_BODY = 1024 * 1024

_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# Ids are unique, and no secret. A generator of our own: apps seed the shared one.
_ids = Random()  # noqa: S311 - as above
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}
_current: ContextVar[str] = ContextVar("chainlit_tenants_request_id", default="")
_connection: ContextVar[Scope | None] = ContextVar("chainlit_tenants_connection", default=None)


class NoRequestError(RuntimeError):
    """A request was asked for where none is at hand, such as while an app is started or stopped."""

    def __init__(self) -> None:
        super().__init__("No request is at hand here: this code does not run for a request or a socket event.")


def accept_request_id(sent: bytes | None) -> str:
    """Return the caller's id when it is a plain token of 8 to 64 characters, else a new one."""
    if sent is not None and _SANE.fullmatch(sent):
        return sent.decode("ascii")
    return f"{_ids.getrandbits(96):024x}"


def bind_request_id(request_id: str) -> Token[str]:
    """Make this the current request; tasks and threads started from here inherit it."""
    return _current.set(request_id)


def release_request_id(token: Token[str]) -> None:
    """Undo ``bind_request_id``."""
    _current.reset(token)


def current_request_id() -> str:
    """Return the id of the request this code runs for, or an empty text outside one."""
    return _current.get()


class bind_connection:  # noqa: N801 - used as ``with bind_connection(scope):``, like ``bind_tenant``
    """Run a block for an HTTP request, or for an event of the socket that was opened with ``scope``."""

    __slots__ = ("_scope", "_token")

    def __init__(self, scope: Scope | None) -> None:
        self._scope = scope

    def __enter__(self) -> None:
        self._token = _connection.set(self._scope)

    def __exit__(self, *_: object) -> None:
        _connection.reset(self._token)


class RememberedBody:
    """Passes the body of a request on and remembers it, so that a hook can read what Chainlit has read already.

    A body of more than a mebibyte (an upload) is not kept: reading it again raises ``RuntimeError``.
    """

    __slots__ = ("_length", "_messages", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self._length = 0

    async def __call__(self) -> Message:
        """Receive the next message."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._length += len(message.get("body", b""))
            if self._length > LONGEST_REMEMBERED_BODY:
                self._messages.clear()
            else:
                self._messages.append(message)
        return message

    def again(self) -> Receive:
        """Return a channel that begins with the first message, and goes on where nobody has read yet."""
        given = 0

        async def receive() -> Message:
            nonlocal given
            if self._length > LONGEST_REMEMBERED_BODY:
                raise RuntimeError("The body of this request is longer than what is kept to be read again.")
            if given == len(self._messages):
                message = await self()
                if message["type"] != "http.request":
                    return message
            given += 1
            return self._messages[given - 1]

        return receive


def current_request() -> Request:
    """Return the HTTP request this code runs for; in an event of a chat, the request its socket was opened with.

    Headers, cookies, client, URL, query and ``state`` are there, and the body of an HTTP request up to a mebibyte, also
    when it was read before. Raises ``NoRequestError`` where there is no request.
    """
    request = find_request()
    if request is None:
        raise NoRequestError
    return request


def connection_scope() -> Scope | None:
    """Return the scope of the request or socket that this code runs for, or None."""
    return _connection.get()


def find_request() -> Request | None:
    """Return what ``current_request`` returns, or None."""
    scope = _connection.get()
    if scope is None:
        return None
    if scope["type"] == "websocket":
        # Starlette's Request takes HTTP scopes only; the handshake was a GET.
        scope = {**scope, "type": "http", "method": "GET", "scheme": _HTTP_SCHEMES.get(scope["scheme"], "http")}
    body: RememberedBody | None = scope.get(BODY)
    return Request(scope) if body is None else Request(scope, body.again())
