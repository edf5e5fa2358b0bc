"""Answers that are made anew on each request, and of which only what follows from their bytes is kept.

The key is the whole body, so an answer can be of nothing that was not made just now: whatever a request depends on, a
revision, a user or a file, it is looked at each time.
"""

from collections import OrderedDict

from runtime.asgi import ASGIApp, Headers, Receive, Scope, Send
from runtime.chainlit_host.answers.static import StaticBody

__all__ = ["ContentAnswers"]

MOST_KEPT = 1_024
LARGEST_KEPT = 65_536


class ContentAnswers:
    """Compresses a body, and gives it an entity tag, when it is sent for the second time."""

    def __init__(self, *, content_type: str, cache_control: str, most_kept: int = MOST_KEPT) -> None:
        self._content_type = content_type
        self._cache_control = cache_control
        self._most_kept = most_kept
        self._sent: OrderedDict[bytes, StaticBody | None] = OrderedDict()

    def __len__(self) -> int:
        """Count the bodies that are kept."""
        return len(self._sent)

    def of(self, body: bytes) -> ASGIApp:
        """Return the answer that has this body."""
        try:
            answer = self._sent[body]
        except KeyError:
            # What is made for one person may never be asked for again: not worth half a millisecond.
            self._keep(body, None)
            return PlainBody(body, content_type=self._content_type, cache_control=self._cache_control)
        if answer is None:
            answer = StaticBody(body, content_type=self._content_type, cache_control=self._cache_control)
            self._keep(body, answer)
        else:
            self._sent.move_to_end(body)
        return answer

    def _keep(self, body: bytes, answer: StaticBody | None) -> None:
        if len(body) <= LARGEST_KEPT:
            self._sent[body] = answer
            self._sent.move_to_end(body)
            if len(self._sent) > self._most_kept:
                self._sent.popitem(last=False)


class PlainBody:
    """An answer as it is."""

    __slots__ = ("_body", "_headers")

    def __init__(self, body: bytes, *, content_type: str, cache_control: str) -> None:
        self._body = body
        self._headers: Headers = [
            (b"cache-control", cache_control.encode("latin-1")),
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", str(len(body)).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 200."""
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})
