"""Bodies that are served often: kept in memory in every coding, with an entity tag."""

import hashlib

from runtime.asgi import Headers, Receive, Scope, Send
from runtime.chainlit_host.encodings import BROTLI, GZIP, IDENTITY, accepted_encodings, compress

__all__ = ["COMPRESSIBLE", "Redirect", "StaticBody", "request_header"]

COMPRESSIBLE = (
    "text/", "application/javascript", "application/json", "application/manifest+json", "application/wasm",
    "image/svg+xml",
)  # fmt: skip
SMALLEST_COMPRESSED = 500
# For a body that a request waits for: within 4 % of the size that four times the time would give.
QUICK_QUALITY = 5


class StaticBody:
    """An immutable answer to GET and HEAD; use it as an ASGI application or a Starlette response."""

    __slots__ = ("_answers", "_etag", "_known", "_not_modified", "size")

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
        self._not_modified = shared
        # Weak comparison (RFC 9110 section 8.8.3.2): a proxy may have taken the W/ away or put it there.
        self._known = {f'"{tag}"'.encode(), b"*"}
        self._answers: dict[str, tuple[Headers, bytes]] = {}
        for coding, coded in codings.items():
            own = [(b"content-type", content_type.encode("latin-1")), (b"content-length", str(len(coded)).encode())]
            if coding != IDENTITY:
                own.append((b"content-encoding", coding.encode()))
            self._answers[coding] = [*shared, *own], coded
        self.size = sum(map(len, codings.values()))
        """Bytes held in all codings."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request: 304 where the client has it, in the coding it likes best."""
        presented, accepted = b"", b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                # Several fields are one list (RFC 9110 section 5.3).
                accepted = b"%b,%b" % (accepted, value) if accepted else value
            elif name == b"if-none-match":
                presented = b"%b,%b" % (presented, value) if presented else value
        if presented and self._is_known(presented):
            await _send(send, 304, self._not_modified, b"")
            return
        headers, body = self._choose(accepted)
        await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    def _choose(self, accepted: bytes) -> tuple[Headers, bytes]:
        for coding in accepted_encodings(accepted):
            if coding in self._answers:
                return self._answers[coding]
        return self._answers[IDENTITY]

    def _is_known(self, presented: bytes) -> bool:
        return any(tag.strip().removeprefix(b"W/") in self._known for tag in presented.split(b","))


class Redirect:
    """A temporary redirect, made once."""

    __slots__ = ("_headers",)

    def __init__(self, url: str, *, cache_control: str) -> None:
        self._headers: Headers = [
            (b"location", url.encode("latin-1")),
            (b"cache-control", cache_control.encode("latin-1")),
            (b"content-length", b"0"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 307."""
        await _send(send, 307, self._headers, b"")


def request_header(scope: Scope, name: bytes) -> bytes:
    """Return the first header of that (lower-case) name, or an empty one."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
