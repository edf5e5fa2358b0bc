"""What a request says of a published file: what of it is known, which part is wanted, in which coding."""

from runtime.asgi import Headers, Scope
from runtime.encodings import IDENTITY
from runtime.published.keys import PublishedKey, content_headers
from runtime.published.ranges import Part, requested_part

__all__ = ["AskedFile"]

_READ = frozenset({b"accept-encoding", b"if-none-match", b"if-range", b"range"})


class AskedFile:
    """One GET or HEAD of a file, and the header fields that every answer to it has."""

    __slots__ = ("_cache_control", "_fields", "key", "only_head")

    def __init__(self, scope: Scope, key: PublishedKey, cache_control: str) -> None:
        fields: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                # Several fields are one list (RFC 9110 section 5.3).
                fields[name] = b"%b,%b" % (fields[name], value) if name in fields else value
        self._fields = fields
        self._cache_control = cache_control.encode("latin-1")
        self.key = key
        self.only_head: bool = scope["method"] == "HEAD"

    @property
    def is_known(self) -> bool:
        """Whether the asker has the file already, in whichever coding."""
        presented = self._fields.get(b"if-none-match", b"")
        return any(tag == b"*" or self._is_own(tag) for tag in map(bytes.strip, presented.split(b",")))

    @property
    def accepted(self) -> bytes:
        """The Accept-Encoding header."""
        return self._fields.get(b"accept-encoding", b"")

    def part(self, size: int) -> Part | None:
        """Return the part wanted of a file of so many bytes; raises ``RangeNotSatisfiableError``."""
        condition = self._fields.get(b"if-range", b"")
        if condition and condition != self.tag(IDENTITY):
            return None
        return requested_part(self._fields.get(b"range", b"").decode("latin-1"), size)

    def tag(self, coding: str) -> bytes:
        """Return the strong entity tag of the file in a coding: other bytes, another tag (RFC 9110 section 8.8.3)."""
        digest = self.key.digest
        return f'"{digest}"'.encode() if coding == IDENTITY else f'"{digest}-{coding}"'.encode()

    def fields(self, coding: str = IDENTITY) -> Headers:
        """Return the header fields of an answer with the file, or with what of it is known."""
        return [
            (b"cache-control", self._cache_control),
            (b"etag", self.tag(coding)),
            (b"accept-ranges", b"bytes"),
            (b"vary", b"Accept-Encoding"),
            *content_headers(self.key.extension),
        ]

    def _is_own(self, tag: bytes) -> bool:
        return tag.removeprefix(b"W/").strip(b'"').partition(b"-")[0] == self.key.digest.encode()
