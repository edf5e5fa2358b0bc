"""The outermost layer: every request gets an id and every answer is counted, marked and never a bare failure."""

from functools import lru_cache

import structlog

from runtime.asgi import ASGIApp, Headers, Message, Receive, Scope, Send
from runtime.metrics import RequestCounts
from runtime.middleware.answer import send_notice
from runtime.pages import Notice
from runtime.request import accept_request_id, bind_request_id, release_request_id
from runtime.tenancy import bind_tenant
from runtime.whole_answers import WHOLE, encode_fields

__all__ = ["Edge"]

log = structlog.get_logger(__name__)

FAILURE = Notice(
    status=500,
    code="internal_error",
    title="Something went wrong",
    message="The request could not be answered. The number below helps the operators to find out why.",
)
INTERNAL_ERROR_CLOSE = 1011

_HTTP_START = "http.response.start"
_SOCKET_ACCEPT = "websocket.accept"
_SOCKET_DENY = "websocket.http.response.start"
_SOCKET_CLOSE = "websocket.close"

SECURITY_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]


class Edge:
    """Gives the request its id, adds headers that suit every answer, counts, and turns a failure into a page."""

    def __init__(self, app: ASGIApp, *, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` or ``websocket`` scope; anything else goes on untouched."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sent_id = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                sent_id = value
        request_id = accept_request_id(sent_id)
        marked = _MarkedSend(send, request_id, self._counts)
        token = bind_request_id(request_id)
        try:
            # A server task may start in the context of an earlier request on the same connection (CPython 140947).
            with bind_tenant(None):
                await self._app(scope, receive, marked)
        except Exception:
            log.exception("request_failed", kind=scope["type"], method=scope.get("method"), path=scope["path"])
            await self._answer_failure(scope, marked)
        finally:
            release_request_id(token)

    @staticmethod
    async def _answer_failure(scope: Scope, send: "_MarkedSend") -> None:
        if not send.started:
            await send_notice(scope, send, FAILURE)
        elif scope["type"] == "websocket":
            await send({"type": _SOCKET_CLOSE, "code": INTERNAL_ERROR_CLOSE})
        # Half an HTTP answer is left as it is: the server breaks the connection, which says that it is not whole.


class _MarkedSend:
    """Passes messages on; the one that begins an answer is counted and gets our headers."""

    __slots__ = ("_counts", "_request_id", "_send", "started")

    def __init__(self, send: Send, request_id: str, counts: RequestCounts) -> None:
        self._send = send
        self._request_id = request_id
        self._counts = counts
        self.started = False

    async def __call__(self, message: Message) -> None:
        if not self.started:
            self._begin(message)
        await self._send(message)

    def _begin(self, message: Message) -> None:
        kind = message["type"]
        if kind == WHOLE:
            self._counts.http[message["status"] // 100] += 1
            self.started = True
            message["fields"] += _fields_beside(message["names"]) + b"x-request-id: %b\r\n" % self._request_id.encode()
            return
        if kind == _HTTP_START:
            self._counts.http[message["status"] // 100] += 1
        elif kind == _SOCKET_ACCEPT:
            self._counts.websocket[1] += 1
        elif kind == _SOCKET_DENY:
            self._counts.websocket[message["status"] // 100] += 1
        elif kind == _SOCKET_CLOSE:
            # Closing before accepting is answered with 403 by the server.
            self._counts.websocket[4] += 1
            self.started = True
            return
        else:
            return
        self.started = True
        headers = list(message.get("headers", ()))
        names = {name.lower() for name, _ in headers}
        headers.append((b"x-request-id", self._request_id.encode("ascii")))
        headers.extend(header for header in SECURITY_HEADERS if header[0] not in names)
        message["headers"] = headers


@lru_cache(maxsize=256)
def _fields_beside(names: frozenset[bytes]) -> bytes:
    """Return those fields that suit every answer and are not among the answer's own."""
    return encode_fields([header for header in SECURITY_HEADERS if header[0] not in names])
