"""``/_assets/<tenant id>/<hash>.<extension>`` on a tenant's host: its own published files, out of the public bucket.

Addresses are content hashes, so an answer never changes: a browser keeps it for ever, a known entity tag is answered
without asking the bucket, and what the bucket gives is held against the hash before it is passed on.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import structlog
from starlette.responses import StreamingResponse

from runtime.asgi import ASGIApp, Headers, Receive, Scope, Send
from runtime.encodings import IDENTITY
from runtime.middleware.answer import send_notice
from runtime.object_store import ObjectStore, ObjectStoreError, StoredObject
from runtime.pages import Notice
from runtime.published.asked import AskedFile
from runtime.published.kept import MOST_KEPT, FileMemory, Found, KeptFile, LargeFile
from runtime.published.keys import DIGEST_LENGTH, PublishedKey, key_of_path
from runtime.published.ranges import Part, RangeNotSatisfiableError
from runtime.tenancy import TenantHandle

__all__ = ["BrokenFileError", "PublishedFiles"]

log = structlog.get_logger(__name__)

LARGEST_KEPT = 4_000_000
"""Pictures, fonts, stylesheets and scripts; what is larger (sound, films) is passed on in pieces."""

IMMUTABLE = "public, max-age=31536000, immutable"
UNAVAILABLE = Notice(
    status=503,
    code="storage_unavailable",
    title="Please try again in a moment",
    message="The file store does not answer just now.",
    retry_after=5,
)
_PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


class BrokenFileError(RuntimeError):
    """A file whose answer has begun cannot be sent to its end: the connection is broken, so that nobody keeps it."""


class PublishedFiles:
    """The ASGI app of ``/_assets/``, called with ``scope["tenant"]``.

    ``store`` is the public bucket; without one no file is here. ``most_kept`` bounds the bytes held in memory.
    """

    def __init__(self, store: ObjectStore | None, *, most_kept: int = MOST_KEPT) -> None:
        self._store = store
        self._memory = FileMemory(self._load, most_kept=most_kept)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` scope. Another tenant's file answers exactly as one that is not there."""
        handle: TenantHandle = scope["tenant"]
        key = key_of_path(scope["path"], handle.state.id)
        if scope["method"] not in {"GET", "HEAD"}:
            await _send(send, 405, [*_PLAIN, (b"allow", b"GET, HEAD")], b"Method not allowed")
        elif key is None or self._store is None:
            await _send_missing(send)
        else:
            await self._serve(AskedFile(scope, key, IMMUTABLE), scope, receive, send)

    @property
    def has_store(self) -> bool:
        """Whether there is a bucket that files can come from."""
        return self._store is not None

    def answer(self, key: PublishedKey, *, cache_control: str) -> ASGIApp | None:
        """Return the answer with a file at an address that may come to lead elsewhere; None without a store."""
        if self._store is None:
            return None

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(AskedFile(scope, key, cache_control), scope, receive, send)

        return answer

    async def _serve(self, asked: AskedFile, scope: Scope, receive: Receive, send: Send) -> None:
        if asked.is_known:
            await _send(send, 304, asked.fields(), None)
            return
        try:
            found = await self._memory.get(asked.key)
            if found is None:
                await _send_missing(send)
            elif isinstance(found, KeptFile):
                await _send_kept(send, found, asked)
            else:
                await self._pass_on(asked, found, scope, receive, send)
        except ObjectStoreError:
            await send_notice(scope, send, UNAVAILABLE)

    async def _load(self, key: PublishedKey) -> Found | None:
        """Fetch a file once, or learn that it is large; raises ``ObjectStoreError``."""
        async with self._opened(key) as stored:
            if stored is None:
                return None
            size = stored.headers.get("content-length", "")
            if not size.isdigit():
                raise ObjectStoreError("no length")
            if int(size) > LARGEST_KEPT:
                return LargeFile(int(size))
            content = b"".join([chunk async for chunk in stored.content])
        return await asyncio.to_thread(_checked, key, content)

    async def _pass_on(self, asked: AskedFile, file: LargeFile, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            part = asked.part(file.size)
        except RangeNotSatisfiableError:
            await _send_unsatisfiable(send, asked, file.size)
            return
        status, headers = _head(asked, part, size=file.size)
        if asked.only_head:
            await _send(send, status, headers, None)
            return
        async with self._opened(asked.key, f"bytes={part.first}-{part.last}" if part else "") as stored:
            if stored is None:
                await _send_missing(send)
                return
            if stored.status != status:
                raise ObjectStoreError(str(stored.status))
            content = stored.content if part else _as_named(asked.key, stored.content)
            response = StreamingResponse(_unbroken(content), status)
            response.raw_headers = headers
            await response(scope, receive, send)

    def _opened(self, key: PublishedKey, byte_range: str = "") -> AbstractAsyncContextManager[StoredObject | None]:
        if self._store is None:
            raise ObjectStoreError("none is named")
        return self._store.open(str(key), byte_range=byte_range)


def _checked(key: PublishedKey, content: bytes) -> KeptFile:
    """Return a file for the memory; raises ``ObjectStoreError`` for one that is not what its key says."""
    if hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH] != key.digest:
        log.error("published_file_altered", key=str(key), size=len(content))
        raise ObjectStoreError("altered")
    return KeptFile(content, key.extension)


async def _as_named(key: PublishedKey, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass a file on, holding its last piece back until all of it proved to be what its key says."""
    digest, held = hashlib.sha256(), b""
    async for chunk in content:
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if digest.hexdigest()[:DIGEST_LENGTH] != key.digest:
        log.error("published_file_altered", key=str(key))
        raise BrokenFileError(f"{key} is not what its name says.")
    yield held


async def _unbroken(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in content:
            yield chunk
    except ObjectStoreError as error:
        raise BrokenFileError("The file store stopped in the middle of a file.") from error


def _head(asked: AskedFile, part: Part | None, *, size: int, coding: str = IDENTITY) -> tuple[int, Headers]:
    """Return status and header fields of an answer with ``size`` bytes, or with a part of them."""
    headers = asked.fields(coding)
    if coding != IDENTITY:
        headers.append((b"content-encoding", coding.encode()))
    if part is None:
        return 200, [*headers, (b"content-length", b"%d" % size)]
    return 206, [*headers, (b"content-range", part.content_range(size)), (b"content-length", b"%d" % part.length)]


async def _send_kept(send: Send, file: KeptFile, asked: AskedFile) -> None:
    try:
        part = asked.part(file.size)
    except RangeNotSatisfiableError:
        await _send_unsatisfiable(send, asked, file.size)
        return
    coding = IDENTITY if part else file.best_coding(asked.accepted)
    body = file.codings[coding]
    status, headers = _head(asked, part, size=len(body), coding=coding)
    if part:
        body = body[part.first : part.last + 1]
    await _send(send, status, headers, None if asked.only_head else body)


async def _send_unsatisfiable(send: Send, asked: AskedFile, size: int) -> None:
    headers: Headers = [*_PLAIN, (b"etag", asked.tag(IDENTITY)), (b"content-range", b"bytes */%d" % size)]
    await _send(send, 416, headers, b"There is no such part")


async def _send_missing(send: Send) -> None:
    await _send(send, 404, _PLAIN, b"File not found")


async def _send(send: Send, status: int, headers: Headers, body: bytes | None) -> None:
    if body is not None and status >= 400:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body or b""})
