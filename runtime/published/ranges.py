"""Which part of a file a request asks for (RFC 9110 section 14). Pure."""

import re
from typing import NamedTuple

__all__ = ["Part", "RangeNotSatisfiableError", "requested_part"]

_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*")


class RangeNotSatisfiableError(ValueError):
    """The part begins behind the end of the file."""


class Part(NamedTuple):
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> bytes:
        """Return the header's value for a file of so many bytes."""
        return b"bytes %d-%d/%d" % (self.first, self.last, size)


def requested_part(header: str, size: int) -> Part | None:
    """Return the part that a Range header names, or None for the whole: no header, several parts, or nonsense.

    Raises ``RangeNotSatisfiableError``. A server may always answer with the whole, and for several parts this does.
    """
    match = _ONE_RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:  # the last so many bytes
        length = min(int(match[2]), size)
        if length == 0:
            raise RangeNotSatisfiableError
        return Part(size - length, size - 1)
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if last < first and match[2]:
        return None
    if first >= size:
        raise RangeNotSatisfiableError
    return Part(first, min(last, size - 1))
