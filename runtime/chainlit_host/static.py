"""Bodies that are served often: kept in memory with their gzip form and an entity tag."""

import asyncio
import gzip
import hashlib
import mimetypes
from pathlib import Path

from starlette.responses import FileResponse

from runtime.asgi import ASGIApp, Receive, Scope, Send

__all__ = ["FileBodies", "StaticBody", "request_header"]

COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
SMALLEST_COMPRESSED = 500
LARGEST_KEPT = 8_000_000


class StaticBody:
    """An immutable answer to GET and HEAD; use it as an ASGI application or a Starlette response."""

    __slots__ = ("_etag", "_gzipped", "_headers", "_plain")

    def __init__(self, body: bytes, *, content_type: str, cache_control: str) -> None:
        self._etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'.encode()
        self._headers = [
            (b"content-type", content_type.encode("latin-1")),
            (b"cache-control", cache_control.encode("latin-1")),
            (b"etag", self._etag),
            (b"vary", b"Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
        ]
        self._plain = body
        compressible = len(body) >= SMALLEST_COMPRESSED and content_type.startswith(COMPRESSED)
        self._gzipped = gzip.compress(body, mtime=0) if compressible else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request: 304 where the client has it, gzip where it takes it."""
        if self._is_known(request_header(scope, b"if-none-match")):
            # RFC 9110 section 15.4.5: what a 200 would have sent, without the representation's own headers.
            headers = [header for header in self._headers if header[0] != b"content-type"]
            await _send(send, 304, headers, b"")
            return
        body, headers = self._plain, self._headers
        if self._gzipped is not None and b"gzip" in request_header(scope, b"accept-encoding"):
            body, headers = self._gzipped, [*headers, (b"content-encoding", b"gzip")]
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    def _is_known(self, presented: bytes) -> bool:
        if not presented:
            return False
        # Weak comparison (RFC 9110 section 8.8.3.2): a proxy may have taken the W/ away or put it there.
        known = self._etag.removeprefix(b"W/")
        return any(tag.strip().removeprefix(b"W/") in {known, b"*"} for tag in presented.split(b","))


class FileBodies:
    """Files of apps and of Chainlit's frontend, read again when they change on disk."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str], tuple[tuple[int, int], StaticBody]] = {}

    async def of(self, path: Path, *, cache_control: str) -> ASGIApp:
        """Return the answer for an existing file; large ones are not kept but sent from disk."""
        status = path.stat()  # noqa: ASYNC240 - a microsecond; the reading is done in a thread
        if status.st_size > LARGEST_KEPT:
            return FileResponse(path, headers={"cache-control": cache_control})
        version = status.st_mtime_ns, status.st_size
        kept = self._kept.get((path, cache_control))
        if kept is not None and kept[0] == version:
            return kept[1]
        # Compressing Chainlit's 4.5 MB of JavaScript takes a fifth of a second, which no chat should wait for.
        body = await asyncio.to_thread(_read, path, cache_control)
        self._kept[path, cache_control] = version, body
        return body


def request_header(scope: Scope, name: bytes) -> bytes:
    """Return the first header of that (lower-case) name, or an empty one."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


def _read(path: Path, cache_control: str) -> StaticBody:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return StaticBody(path.read_bytes(), content_type=content_type, cache_control=cache_control)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
