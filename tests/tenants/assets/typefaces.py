"""Builders of fonts: whole ones, and such as no font program writes."""

import io
import struct

import brotli
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from fontTools.ttLib.woff2 import WOFF2FlavorData

__all__ = ["opened_font", "typeface", "unpacking_to"]


def typeface(
    *, family: str = "Acme Sans", weight: int = 700, italic: bool = False, rights: int = 0, variable: bool = False,
    flavour: str | None = "woff2", notes: bytes = b"", tables: dict[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """Return a font of one letter; ``notes`` go into its container's metadata and private data."""
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({ord("A"): "A"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((250, 700))
    pen.lineTo((500, 0))
    pen.closePath()
    glyph = pen.glyph()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "A": glyph})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "A": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Bold"})
    builder.setupOS2(usWeightClass=weight, fsType=rights, fsSelection=0x01 if italic else 0x20)
    builder.setupPost()
    if variable:
        builder.setupFvar([("wght", 100, 400, 900, "Weight")], [])
    for tag, content in (tables or {}).items():
        builder.font[tag] = DefaultTable(tag)
        builder.font[tag].data = content
    font = builder.font
    font.flavor = flavour
    if notes:
        font.flavorData = WOFF2FlavorData()
        font.flavorData.metaData, font.flavorData.privData = notes, notes
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()


def unpacking_to(size: int, *, promised: int) -> bytes:
    """Return a WOFF2 file of one table that unpacks to ``size`` bytes and promises other ones."""
    packed = brotli.compress(bytes(size))
    directory = bytes([0]) + _base_128(promised)
    length = 48 + len(directory) + len(packed)
    header = struct.pack(
        ">4s4sIHHIIHHIIIII", b"wOF2", b"\0\1\0\0", length, 1, 0, promised, len(packed), 1, 0, 0, 0, 0, 0, 0
    )
    return header + directory + packed


def opened_font(content: bytes) -> TTFont:
    """Return a font as fontTools reads it."""
    return TTFont(io.BytesIO(content))


def _base_128(number: int) -> bytes:
    septets = [number & 0x7F]
    while number := number >> 7:
        septets.append(number & 0x7F | 0x80)
    return bytes(reversed(septets))
