"""Bodies that are served often: kept in memory in every coding, with an entity tag."""

import hashlib

from runtime.asgi import Headers, Receive, Scope, Send
from runtime.encodings import BROTLI, GZIP, IDENTITY, accepted_encodings, compress
from runtime.whole_answers import WholeAnswer, takes_whole_answers

__all__ = ["COMPRESSIBLE", "Prepared", "Redirect", "StaticBody", "request_header"]

COMPRESSIBLE = (
    "text/", "application/javascript", "application/json", "application/manifest+json", "application/wasm",
    "image/svg+xml",
)  # fmt: skip
SMALLEST_COMPRESSED = 500
# For a body that a request waits for: within 4 % of the size that four times the time would give.
QUICK_QUALITY = 5


class Prepared:
    """An answer that was made before it is asked for; use it as an ASGI application or a Starlette response."""

    __slots__ = ()

    def choose(self, scope: Scope) -> WholeAnswer:
        """Return what suits a request."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request in the two messages that every server and middleware knows."""
        answer = self.choose(scope)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def send_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request in one message, where the server takes such; ``send`` must not be wrapped."""
        if takes_whole_answers(scope):
            await send(self.choose(scope).message(with_body=scope["method"] != "HEAD"))
        else:
            await self(scope, receive, send)


class StaticBody(Prepared):
    """An immutable answer to GET and HEAD."""

    __slots__ = ("_answers", "_known", "_not_modified", "size")

    def __init__(
        self,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        headers: Headers | None = None,
        quality: int = QUICK_QUALITY,
    ) -> None:
        tag = hashlib.sha256(body).hexdigest()[:24]
        shared = [
            (b"cache-control", cache_control.encode("latin-1")),
            (b"etag", f'W/"{tag}"'.encode()),
            (b"vary", b"Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
            *(headers or ()),
        ]
        codings = {IDENTITY: body}
        if len(body) >= SMALLEST_COMPRESSED and content_type.startswith(COMPRESSIBLE):
            codings |= {coding: compress(body, coding, quality=quality) for coding in (BROTLI, GZIP)}
        # RFC 9110 section 15.4.5: what a 200 would have sent, without the representation's own headers.
        self._not_modified = WholeAnswer(304, shared, b"")
        # Weak comparison (RFC 9110 section 8.8.3.2): a proxy may have taken the W/ away or put it there.
        self._known = {f'"{tag}"'.encode(), b"*"}
        self._answers: dict[str, WholeAnswer] = {}
        for coding, coded in codings.items():
            own = [(b"content-type", content_type.encode("latin-1")), (b"content-length", str(len(coded)).encode())]
            if coding != IDENTITY:
                own.append((b"content-encoding", coding.encode()))
            self._answers[coding] = WholeAnswer(200, [*shared, *own], coded)
        self.size = sum(map(len, codings.values()))
        """Bytes held in all codings."""

    def choose(self, scope: Scope) -> WholeAnswer:
        """Return 304 where the client has it, else the body in the coding that the client likes best."""
        presented, accepted = b"", b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                # Several fields are one list (RFC 9110 section 5.3).
                accepted = b"%b,%b" % (accepted, value) if accepted else value
            elif name == b"if-none-match":
                presented = b"%b,%b" % (presented, value) if presented else value
        if presented and self._is_known(presented):
            return self._not_modified
        for coding in accepted_encodings(accepted):
            if coding in self._answers:
                return self._answers[coding]
        return self._answers[IDENTITY]

    def _is_known(self, presented: bytes) -> bool:
        return any(tag.strip().removeprefix(b"W/") in self._known for tag in presented.split(b","))


class Redirect(Prepared):
    """A temporary redirect, made once."""

    __slots__ = ("answer",)

    def __init__(self, url: str, *, cache_control: str, vary: str = "") -> None:
        headers = [
            (b"location", url.encode("latin-1")),
            (b"cache-control", cache_control.encode("latin-1")),
            (b"content-length", b"0"),
        ]
        if vary:
            headers.append((b"vary", vary.encode("latin-1")))
        self.answer = WholeAnswer(307, headers, b"")

    def choose(self, scope: Scope) -> WholeAnswer:
        """Return the redirect."""
        return self.answer


def request_header(scope: Scope, name: bytes) -> bytes:
    """Return the first header of that (lower-case) name, or an empty one."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""
