"""Small published files in memory, in every coding, within a bound of bytes; each is fetched once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from runtime.encodings import BROTLI, GZIP, IDENTITY, accepted_encodings, compress
from runtime.published.keys import CONTENT_TYPES, PublishedKey

__all__ = ["FileMemory", "KeptFile", "LargeFile"]

COMPRESSED = ("text/", "application/json", "image/svg+xml")
SMALLEST_COMPRESSED = 500
QUALITY = 9
MOST_KEPT = 64_000_000
OVERHEAD = 500
"""What an entry takes besides the bytes of its file."""


class KeptFile:
    """The content of a file in the codings that it is worth."""

    __slots__ = ("codings", "size", "weight")

    def __init__(self, content: bytes, extension: str) -> None:
        self.size = len(content)
        self.codings = {IDENTITY: content}
        if len(content) >= SMALLEST_COMPRESSED and CONTENT_TYPES.get(extension, "").startswith(COMPRESSED):
            self.codings |= {coding: compress(content, coding, quality=QUALITY) for coding in (BROTLI, GZIP)}
        self.weight = sum(map(len, self.codings.values())) + OVERHEAD

    def best_coding(self, accepted: bytes) -> str:
        """Return the coding that an Accept-Encoding header likes best of those there are."""
        return next((coding for coding in accepted_encodings(accepted) if coding in self.codings), IDENTITY)


class LargeFile:
    """A file that is passed on as it comes: only its size is known."""

    __slots__ = ("size", "weight")

    def __init__(self, size: int) -> None:
        self.size = size
        self.weight = OVERHEAD


Found = KeptFile | LargeFile
Load = Callable[[PublishedKey], Awaitable[Found | None]]


class FileMemory:
    """Files by key, the longest unused forgotten first. ``load`` is called once for all who ask at the same time."""

    def __init__(self, load: Load, *, most_kept: int = MOST_KEPT) -> None:
        self._load = load
        self._most_kept = most_kept
        self._kept: OrderedDict[PublishedKey, Found] = OrderedDict()
        self._loading: dict[PublishedKey, asyncio.Task[Found | None]] = {}
        self.weight = 0
        """Bytes held."""

    async def get(self, key: PublishedKey) -> Found | None:
        """Return the file, None where there is none; raises what ``load`` raises. Failures are not remembered."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.ensure_future(self._load(key))
            loading.add_done_callback(lambda task: self._keep(key, task))
        # Who gives up waiting must not take the file away from the others.
        return await asyncio.shield(loading)

    def _keep(self, key: PublishedKey, task: "asyncio.Task[Found | None]") -> None:
        del self._loading[key]
        if task.cancelled() or task.exception() is not None or (found := task.result()) is None:
            return
        self._kept[key] = found
        self.weight += found.weight
        while self.weight > self._most_kept and self._kept:
            _, forgotten = self._kept.popitem(last=False)
            self.weight -= forgotten.weight
