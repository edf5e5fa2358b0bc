"""The container of WOFF2 fonts (https://www.w3.org/TR/WOFF2/): a directory, and tables in one Brotli stream."""

import io
import struct
from dataclasses import dataclass, field

import brotli
from fontTools.ttLib import TTLibError
from fontTools.ttLib.woff2 import WOFF2DirectoryEntry

__all__ = ["SIGNATURE", "Table", "TooLargeError", "pack", "unpack"]

SIGNATURE = b"wOF2"
MAXIMUM_TABLES = 64

_HEADER = struct.Struct(">4s4sIHHIIHHIIIII")
_VERSIONS = frozenset({b"\0\1\0\0", b"OTTO", b"true"})
_PIECE_BYTES = 1024**2
_SFNT_HEADER_BYTES, _SFNT_ENTRY_BYTES = 12, 16
_QUICK_FROM_BYTES = 3 * 1024**2
"""From here on Brotli's best is not worth its time: about a second for each megabyte."""


class TooLargeError(Exception):
    """The tables are larger than is taken."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it stands in the container; outlines and widths may be in WOFF2's own form (``is_transformed``)."""

    entry: WOFF2DirectoryEntry
    data: bytes = field(repr=False)

    @property
    def tag(self) -> str:
        """The table's name, four characters."""
        return str(self.entry.tag)

    @property
    def is_transformed(self) -> bool:
        """Whether only a reader of WOFF2 can read the data."""
        return bool(self.entry.transformed)


def unpack(content: bytes, *, maximum_bytes: int) -> tuple[bytes, list[Table]]:
    """Return the font's version and its tables; metadata and private data behind them are not looked at.

    Unpacks piece by piece and no further than the limit. Raises ``TooLargeError``, and ``TTLibError``,
    ``struct.error`` or ``brotli.error`` for what is no whole WOFF2 file of one font.
    """
    _, version, length, count, _, _, packed, *_ = _HEADER.unpack_from(content)
    if length != len(content) or not 0 < count <= MAXIMUM_TABLES or version not in _VERSIONS:
        raise TTLibError("the header does not fit")
    file = io.BytesIO(content)
    file.seek(_HEADER.size)
    entries = [WOFF2DirectoryEntry() for _ in range(count)]
    for entry in entries:
        entry.fromFile(file)
    if sum(max(entry.origLength, entry.length) for entry in entries) > maximum_bytes:
        raise TooLargeError
    data = _unpacked(file.read(packed), maximum_bytes)
    tables, start = [], 0
    for entry in entries:
        tables.append(Table(entry, data[start : start + entry.length]))
        start += entry.length
    if start != len(data) or len({table.tag for table in tables}) != count:
        raise TTLibError("the directory does not fit")
    return version, tables


def pack(version: bytes, tables: list[Table]) -> bytes:
    """Return a WOFF2 file of these tables, in their order, and of nothing else. Equal tables give equal bytes."""
    data = b"".join(table.data for table in tables)
    quality = 9 if len(data) > _QUICK_FROM_BYTES else 11
    packed: bytes = brotli.compress(data, mode=brotli.MODE_FONT, quality=quality)
    directory = b"".join(table.entry.toString() for table in tables)
    unpadded = _HEADER.size + len(directory) + len(packed)
    padding = -unpadded % 4
    sfnt_bytes = _SFNT_HEADER_BYTES + sum(
        _SFNT_ENTRY_BYTES + table.entry.origLength + -table.entry.origLength % 4 for table in tables
    )
    header = _HEADER.pack(
        SIGNATURE, version, unpadded + padding, len(tables), 0, sfnt_bytes, len(packed), 1, 0, 0, 0, 0, 0, 0
    )
    return header + directory + packed + bytes(padding)


def _unpacked(packed: bytes, maximum_bytes: int) -> bytes:
    decompressor = brotli.Decompressor()
    data = bytearray(decompressor.process(packed, output_buffer_limit=_PIECE_BYTES))
    while not decompressor.is_finished():
        if len(data) > maximum_bytes:
            raise TooLargeError
        piece = decompressor.process(b"", output_buffer_limit=_PIECE_BYTES)
        if not piece:
            raise TTLibError("the tables end too early")
        data += piece
    return bytes(data)
