"""WOFF2 fonts: read, stripped of all that draws no text, and written anew.

Outlines are taken apart and put together again; the tables of layout are handed on as they are, and every browser
checks those once more before it uses a font (OpenType Sanitiser).
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import brotli
from fontTools.ttLib import TTFont, TTLibError, getTableModule
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from fontTools.ttLib.woff2 import WOFF2DirectoryEntry, WOFF2Writer

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import FONT_FACES, AssetRole, FontFace

__all__ = ["clean_font", "prepare_font"]

MAXIMUM_UNPACKED_BYTES = 16 * 1024**2
MAXIMUM_TABLES = 64

# https://learn.microsoft.com/en-us/typography/opentype/spec/otff, without what carries pictures or documents of its own
# (SVG, sbix, CBDT, EBDT), what a rewritten font makes wrong (DSIG), and what only editors and printers read.
_KEPT_TABLES = frozenset(
    {
        "cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "cvt ", "fpgm", "prep", "gasp", "glyf", "loca",
        "CFF ", "CFF2", "VORG", "vhea", "vmtx", "BASE", "GDEF", "GPOS", "GSUB", "JSTF", "MATH", "COLR", "CPAL", "avar",
        "cvar", "fvar", "gvar", "HVAR", "MVAR", "STAT", "VVAR", "kern",
    }
)  # fmt: skip
_NEEDED_TABLES = frozenset({"cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2"})
_READ_TABLES = ("head", "maxp", "hhea", "hmtx", "cmap", "name", "OS/2", "fvar")
_NAME_ENCODINGS = frozenset({"utf_16_be", "mac_roman", "ascii"})
_FAMILY_NAMES = (16, 1)
# Loaded now, for the confined process can open no files later.
for _tag in (*_READ_TABLES, "loca", "glyf"):
    getTableModule(_tag)

_HEADER = struct.Struct(">4s4sIHHIIHHIIIII")
_PIECE_BYTES = 1024**2
_RESTRICTED, _EMBEDDING, _BITMAPS_ONLY = 0x0002, 0x000F, 0x0200
_ITALIC_SELECTION, _ITALIC_STYLE = 0x0001, 0x0002

# What fontTools raises for broken fonts: it asserts, unpacks and looks up as it goes.
_BROKEN = (
    TTLibError, brotli.error, struct.error, AssertionError, AttributeError, EOFError, LookupError, ArithmeticError,
    NotImplementedError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def prepare_font(content: bytes, _role: AssetRole, name: str) -> PreparedAsset:
    """Return a font for one of ``FONT_FACES``.

    It is used as the face of its place, whatever weight and style it has; a variable font brings its range of weights.
    Raises ``InvalidValueError`` as ``clean_font`` does.
    """
    file, found = clean_font(content)
    weight, style = FONT_FACES[name]
    face = FontFace(
        found.family, found.weight if " " in found.weight else str(weight), "italic" if style == "italic" else "normal"
    )
    return PreparedAsset(file, font=face)


def clean_font(content: bytes) -> tuple[PreparedFile, FontFace]:
    """Return the font written anew, and what it says of itself.

    Raises ``InvalidValueError``: ``font_unrecognised`` (no WOFF2), ``font_broken``, ``font_too_large`` (unpacked),
    ``font_licence`` (its maker does not allow embedding).
    """
    if content[:4] != b"wOF2":
        raise InvalidValueError(
            "font_unrecognised",
            "The content of the file is not a WOFF2 font; please convert it (any WOFF2 converter does).",
            field="content",
        )
    with _refusing_what_is_broken():
        font = TTFont(io.BytesIO(_tables_alone(content)), recalcBBoxes=False, recalcTimestamp=False, lazy=False)
        # Their own names, which only editors show, would have to be read from tables that nothing else here reads.
        font.setGlyphOrder([f"glyph{number:05}" for number in range(font["maxp"].numGlyphs)])
        _check_tables(font)
        _check_licence(font["OS/2"].fsType)
        face = _face(font)
        written = _written(font)
    kind = FileFormat.WOFF2
    return PreparedFile(written, kind.served_type, kind.extension), face


def _written(font: TTFont) -> bytes:
    """Return the kept tables as a WOFF2 file without metadata and private data."""
    kept = [tag for tag in font.reader.keys() if tag in _KEPT_TABLES]  # noqa: SIM118 - the reader is no mapping
    stream = io.BytesIO()
    writer = WOFF2Writer(stream, len(kept), font.sfntVersion)
    for tag in kept:
        writer[tag] = font.reader[tag]
    writer.close()
    return stream.getvalue()


@contextmanager
def _refusing_what_is_broken() -> Iterator[None]:
    try:
        yield
    except InvalidValueError:
        raise
    except _BROKEN as error:
        raise _broken() from error


def _broken(what: str = "is damaged or incomplete") -> InvalidValueError:
    return InvalidValueError("font_broken", f"The font {what}; please convert or export it again.", field="content")


def _tables_alone(content: bytes) -> bytes:
    """Return the file cut off behind its tables, after unpacking them piece by piece within bounds.

    fontTools would unpack any amount of them, and of the metadata behind them, which is not looked at here at all.
    """
    signature, version, length, tables, reserved, _, packed, *_ = _HEADER.unpack_from(content)
    if length != len(content) or not 0 < tables <= MAXIMUM_TABLES or version == b"ttcf":
        raise _broken()
    file = io.BytesIO(content)
    file.seek(_HEADER.size)
    entries = [WOFF2DirectoryEntry() for _ in range(tables)]
    for entry in entries:
        entry.fromFile(file)
    unpacked = sum(max(entry.origLength, entry.length) for entry in entries)
    start, end = file.tell(), file.tell() + packed
    if unpacked > MAXIMUM_UNPACKED_BYTES or _unpacked_size(content[start:end]) > MAXIMUM_UNPACKED_BYTES:
        raise InvalidValueError(
            "font_too_large",
            f"Unpacked, the font has more than {MAXIMUM_UNPACKED_BYTES // 1024**2} MB; please leave out characters "
            "that are not needed.",
            field="content",
        )
    header = _HEADER.pack(signature, version, end, tables, reserved, unpacked, packed, 0, 0, 0, 0, 0, 0, 0)
    return header + content[_HEADER.size : end]


def _unpacked_size(packed: bytes) -> int:
    """Return how much there is in a Brotli stream, or a little more than the most that is taken."""
    decompressor = brotli.Decompressor()
    total = len(decompressor.process(packed, output_buffer_limit=_PIECE_BYTES))
    while not decompressor.is_finished() and total <= MAXIMUM_UNPACKED_BYTES:
        piece = decompressor.process(b"", output_buffer_limit=_PIECE_BYTES)
        if not piece:
            raise _broken()
        total += len(piece)
    return total


def _check_tables(font: TTFont) -> None:
    if not set(font.keys()) >= _NEEDED_TABLES or not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
        raise _broken("lacks parts that a text font has, such as outlines or names")
    # fontTools hands on a table that it cannot read; such a font is of no use to a browser either.
    if any(type(font[tag]) is DefaultTable for tag in _READ_TABLES if tag in font):
        raise _broken()


def _check_licence(rights: int) -> None:
    """Refuse what the maker keeps from web pages (OS/2 fsType; of several rights the widest counts)."""
    if rights & _EMBEDDING == _RESTRICTED:
        raise InvalidValueError(
            "font_licence",
            "The font's maker does not allow it to be embedded (fsType: restricted licence); please use another font, "
            "or a version licensed for web pages.",
            field="content",
        )
    if rights & _BITMAPS_ONLY:
        raise InvalidValueError(
            "font_licence", "The font's maker allows only its bitmaps to be embedded (fsType).", field="content"
        )


def _face(font: TTFont) -> FontFace:
    weights = [axis for axis in font["fvar"].axes if axis.axisTag == "wght"] if "fvar" in font else []
    found = (weights[0].minValue, weights[0].maxValue) if weights else (font["OS/2"].usWeightClass,)
    slanted = font["OS/2"].fsSelection & _ITALIC_SELECTION or font["head"].macStyle & _ITALIC_STYLE
    return FontFace(
        family=_family(font),
        weight=" ".join(str(min(1000, max(1, round(value)))) for value in found),
        style="italic" if slanted else "normal",
    )


def _family(font: TTFont) -> str:
    """Return the name of the typeface: the one for all its weights, else the one for this."""
    for number in _FAMILY_NAMES:
        for record in font["name"].names:
            if record.nameID == number and record.getEncoding() in _NAME_ENCODINGS:
                text = record.toUnicode(errors="replace")
                if visible := "".join(character for character in text if character.isprintable()).strip():
                    return visible[:100]
    return "unnamed"
