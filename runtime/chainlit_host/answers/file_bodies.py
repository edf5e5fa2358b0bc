"""Files as answers: text and small ones from memory, compressed in threads; large ones from disk."""

import asyncio
import mimetypes
from pathlib import Path

from starlette.responses import FileResponse

from runtime.asgi import ASGIApp
from runtime.chainlit_host.answers.folders import status_of
from runtime.chainlit_host.answers.static import COMPRESSIBLE, StaticBody

__all__ = ["FileBodies"]

LARGEST_TEXT = 16_000_000
"""Chainlit's widget is one script of 8.6 MB, which nobody should load uncompressed."""

LARGEST_OTHER = 1_000_000
"""Pictures and fonts; what is larger (sound, video) is sent from disk, which answers requests for a part of it."""

MOST_KEPT = 128_000_000
# Half a second in a thread for the 4.6 MB of Chainlit's page, once a process; brotli's highest takes seven.
THOROUGH_QUALITY = 9

_Key = tuple[str, str, bytes]
_Version = tuple[int, int]


class FileBodies:
    """Files of apps and of Chainlit's frontend, read again when they change on disk."""

    def __init__(self, *, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._kept: dict[_Key, tuple[_Version, StaticBody]] = {}
        self._size = 0
        self._reading: dict[tuple[_Key, _Version], asyncio.Task[StaticBody]] = {}

    async def of(self, path: Path, *, cache_control: str, more: bytes = b"") -> ASGIApp | None:
        """Return the answer for a file with ``more`` at its end, or None when it is not there any more."""
        try:
            status = status_of(path)  # two microseconds; the reading is done in a thread
        except (FileNotFoundError, NotADirectoryError):
            return None
        key, version = (str(path), cache_control, more), (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            return kept[1]
        content_type = _content_type(path)
        if status.st_size > (LARGEST_TEXT if content_type.startswith(COMPRESSIBLE) else LARGEST_OTHER):
            return FileResponse(path, headers={"cache-control": cache_control, "x-content-type-options": "nosniff"})
        return await self._read(path, key, version, content_type)

    async def _read(self, path: Path, key: _Key, version: _Version, content_type: str) -> ASGIApp | None:
        # Everyone who asks meanwhile waits for the same reading.
        reading = self._reading.get((key, version))
        if reading is None:
            reading = asyncio.create_task(asyncio.to_thread(_read, path, key, content_type))
            self._reading[key, version] = reading
            reading.add_done_callback(lambda task: self._keep(key, version, task))
        try:
            return await asyncio.shield(reading)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _keep(self, key: _Key, version: _Version, task: asyncio.Task[StaticBody]) -> None:
        del self._reading[key, version]
        if task.cancelled() or task.exception() is not None:
            return
        self._forget(key)
        while self._kept and self._size + task.result().size > self._most_kept:
            self._forget(next(iter(self._kept)))
        self._kept[key] = version, task.result()
        self._size += task.result().size

    def _forget(self, key: _Key) -> None:
        if kept := self._kept.pop(key, None):
            self._size -= kept[1].size


def _content_type(path: Path) -> str:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type


def _read(path: Path, key: _Key, content_type: str) -> StaticBody:
    _, cache_control, more = key
    return StaticBody(
        path.read_bytes() + more, content_type=content_type, cache_control=cache_control, quality=THOROUGH_QUALITY
    )
