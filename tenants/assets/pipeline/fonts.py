"""WOFF2 fonts: read, stripped of all that draws no text, and written anew.

What tells of the font is read in full. Outlines and layout are held against their own lengths and handed on as they
are, so that a large font takes no minutes; every browser checks them before it uses a font (OpenType Sanitiser).
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import brotli
from fontTools.ttLib import TTFont, TTLibError, getTableClass

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.assets.pipeline.woff2 import SIGNATURE, Table, TooLargeError, pack, unpack
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import FONT_FACES, AssetRole, FontFace

__all__ = ["clean_font", "prepare_font"]

MAXIMUM_UNPACKED_BYTES = 16 * 1024**2

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
_READ_TABLES = ("head", "maxp", "hhea", "cmap", "name", "OS/2", "fvar")
_NAME_ENCODINGS = frozenset({"utf_16_be", "mac_roman", "ascii"})
_FAMILY_NAMES = (16, 1)
# Loaded now, for the confined process can open no files later.
_READERS = {tag: getTableClass(tag) for tag in _READ_TABLES}

_TRANSFORMED_OUTLINES = struct.Struct(">HHHH7I")
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
    if not content.startswith(SIGNATURE):
        raise InvalidValueError(
            "font_unrecognised",
            "The content of the file is not a WOFF2 font; please convert it (any WOFF2 converter does).",
            field="content",
        )
    with _refusing_what_is_broken():
        version, tables = unpack(content, maximum_bytes=MAXIMUM_UNPACKED_BYTES)
        kept = [table for table in tables if table.tag in _KEPT_TABLES]
        by_tag = {table.tag: table for table in kept}
        if not by_tag.keys() >= _NEEDED_TABLES or not {"glyf", "CFF ", "CFF2"} & by_tag.keys():
            raise _broken("lacks parts that a text font has, such as outlines or names")
        font = _read(by_tag)
        _check_lengths(font, by_tag)
        _check_licence(font["OS/2"].fsType)
        face = _face(font)
        written = pack(version, kept)
    kind = FileFormat.WOFF2
    return PreparedFile(written, kind.served_type, kind.extension), face


def _read(tables: Mapping[str, Table]) -> TTFont:
    """Return a font of the tables that tell of it."""
    font = TTFont(lazy=False)
    for tag, reader in _READERS.items():
        if tag not in tables:
            continue
        if tables[tag].is_transformed:
            raise _broken()
        font.tables[tag] = reader(tag)
        font.tables[tag].decompile(tables[tag].data, font)
        if tag == "maxp":
            # Glyphs' own names, which only editors show, would have to be read from other tables.
            font.setGlyphOrder([f"glyph{number:05}" for number in range(font[tag].numGlyphs)])
    return font


def _check_lengths(font: TTFont, tables: Mapping[str, Table]) -> None:
    """Refuse outlines and widths that are fewer than the font's glyphs."""
    glyphs, widths = font["maxp"].numGlyphs, font["hhea"].numberOfHMetrics
    fits = glyphs > 0 and 0 < widths <= glyphs
    if not tables["hmtx"].is_transformed:
        fits &= len(tables["hmtx"].data) >= 2 * (widths + glyphs)
    if "glyf" in tables:
        outlines = tables["glyf"].data
        if tables["glyf"].is_transformed:
            _, _, counted, _, *streams = _TRANSFORMED_OUTLINES.unpack_from(outlines)
            fits &= counted == glyphs and _TRANSFORMED_OUTLINES.size + sum(streams) <= len(outlines)
        else:
            fits &= len(tables["loca"].data) >= (glyphs + 1) * (4 if font["head"].indexToLocFormat else 2)
    if not fits:
        raise _broken()


@contextmanager
def _refusing_what_is_broken() -> Iterator[None]:
    try:
        yield
    except InvalidValueError:
        raise
    except TooLargeError as error:
        raise InvalidValueError(
            "font_too_large",
            f"Unpacked, the font has more than {MAXIMUM_UNPACKED_BYTES // 1024**2} MB; please leave out characters "
            "that are not needed.",
            field="content",
        ) from error
    except _BROKEN as error:
        raise _broken() from error


def _broken(what: str = "is damaged or incomplete") -> InvalidValueError:
    return InvalidValueError("font_broken", f"The font {what}; please convert or export it again.", field="content")


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
