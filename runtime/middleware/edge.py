"""The outermost layer: every request gets an id and every answer is counted, marked and never a bare failure."""

from collections.abc import Collection
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
HTTPS_ALONE = (b"strict-transport-security", b"max-age=31536000")
"""Of this host and none below it. Browsers heed it over https alone (RFC 6797 section 8.1)."""


class Edge:
    """Gives the request its id, adds headers that suit every answer, counts, and turns a failure into a page.

    ``https``: the installation is reached by https, and from then on by nothing else.
    """

    def __init__(self, app: ASGIApp, *, counts: RequestCounts, https: bool = False) -> None:
        self._app = app
        self._counts = counts
        self._headers = _SuitingHeaders([*SECURITY_HEADERS, *([HTTPS_ALONE] if https else [])])

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
        marked = _MarkedSend(send, request_id, self._counts, self._headers)
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


class _SuitingHeaders:
    """Those that suit every answer, and are its own where it has them."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers
        self.fields_beside = lru_cache(maxsize=256)(self._encode)

    def beside(self, names: Collection[bytes]) -> Headers:
        """Return those that are not among an answer's own."""
        return [header for header in self._headers if header[0] not in names]

    def _encode(self, names: frozenset[bytes]) -> bytes:
        return encode_fields(self.beside(names))


class _MarkedSend:
    """Passes messages on; the one that begins an answer is counted and gets our headers."""

    __slots__ = ("_counts", "_headers", "_request_id", "_send", "started")

    def __init__(self, send: Send, request_id: str, counts: RequestCounts, headers: _SuitingHeaders) -> None:
        self._headers = headers
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
            fields = self._headers.fields_beside(message["names"])
            message["fields"] += fields + b"x-request-id: %b\r\n" % self._request_id.encode()
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
        headers.extend(self._headers.beside(names))
        message["headers"] = headers
