"""Fonts: told by their content, unpacked within bounds, stripped of what draws no text."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.assets.pipeline.preparing import prepare
from tenants.assets.pipeline.woff2 import Table, pack, unpack
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import FONT_FACES, AssetRole, FontFace
from tests.tenants.assets.spoiling import spoiled
from tests.tenants.assets.typefaces import opened_font, typeface, unpacking_to

FONT = AssetRole.FONT
WHOLE = typeface()


def refusal(content: bytes, name: str = "regular") -> InvalidValueError:
    """Return the error with which a font is refused."""
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, FONT, name=name)
    return caught.value


@pytest.mark.parametrize("name", FONT_FACES)
def test_a_font_is_the_face_of_its_place_whatever_it_says_of_itself(name):
    weight, style = FONT_FACES[name]
    prepared = prepare(typeface(weight=300, italic=True), FONT, name=name)
    assert prepared.font == FontFace("Acme Sans", str(weight), style)
    assert (prepared.file.content_type, prepared.file.extension) == ("font/woff2", "woff2")


def test_a_variable_font_brings_all_its_weights():
    assert prepare(typeface(variable=True), FONT, name="bold").font == FontFace("Acme Sans", "100 900", "normal")


def test_a_written_font_draws_what_it_drew():
    before, after = opened_font(WHOLE), opened_font(prepare(WHOLE, FONT, name="bold").file.content)
    assert after.flavor == "woff2"
    assert after.getBestCmap() == before.getBestCmap()
    outlines = [list(font["glyf"]["A"].coordinates) for font in (before, after)]
    assert outlines[0] == outlines[1] != []
    assert after["hmtx"].metrics == before["hmtx"].metrics


def test_equal_fonts_give_equal_files():
    assert prepare(WHOLE, FONT, name="bold") == prepare(WHOLE, FONT, name="bold")


def test_what_draws_no_text_rides_along_no_further():
    secret = b"<script>alert(1)</script>"
    content = typeface(notes=secret, tables={"SVG ": secret, "DSIG": secret, "meta": secret, "EVIL": secret})
    assert secret in content
    written = prepare(content, FONT, name="bold").file.content
    assert secret not in written
    font = opened_font(written)
    assert font.flavorData.metaData is font.flavorData.privData is None
    assert not {"SVG ", "DSIG", "meta", "EVIL"} & set(font.keys())


@pytest.mark.parametrize(
    ("rights", "taken"),
    [(0x0000, True), (0x0004, True), (0x0008, True), (0x0006, True), (0x0002, False), (0x0200, False)],
)
def test_a_font_that_may_not_be_embedded_is_refused_with_the_reason(rights, taken):
    content = typeface(rights=rights)
    if taken:
        prepare(content, FONT, name="regular")
    else:
        error = refusal(content)
        assert (error.code, "fsType" in error.message) == ("font_licence", True)


@pytest.mark.parametrize("family", ["", "\x00\x01", "A" * 300, "Größe\u202e <b>", "字体"])
def test_the_name_of_the_typeface_is_printable_and_short(family):
    found = prepare(typeface(family=family), FONT, name="bold").font.family
    assert found.isprintable()
    assert 1 <= len(found) <= 100


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"just text", "font_unrecognised"),
        (typeface(flavour=None), "font_unrecognised"),
        (typeface(flavour="woff"), "font_unrecognised"),
        (b"wOF2", "font_broken"),
        (WHOLE[:-20], "font_broken"),
        (WHOLE + b"<html>", "font_broken"),
        (WHOLE.replace(b"\0\1\0\0", b"ttcf", 1), "font_broken"),
        (unpacking_to(200_000_000, promised=200_000_000), "font_too_large"),
        (unpacking_to(200_000_000, promised=100), "font_too_large"),
        (unpacking_to(100, promised=100), "font_broken"),
    ],
)
def test_what_is_no_whole_font_of_ordinary_size_is_refused(content, code):
    assert refusal(content).code == code


@pytest.mark.parametrize("tag", ["maxp", "hhea"])
def test_a_font_that_promises_more_glyphs_than_it_has_is_refused(tag):
    version, tables = unpack(WHOLE, maximum_bytes=1_000_000)
    # The last number of hhea, and the second one of maxp, count what other tables must hold.
    at = 4 if tag == "maxp" else 34
    more = [
        Table(table.entry, table.data[:at] + b"\0\xff" + table.data[at + 2 :]) if table.tag == tag else table
        for table in tables
    ]
    assert prepare(pack(version, tables), FONT, name="bold").font.family == "Acme Sans"
    assert refusal(pack(version, more)).code == "font_broken"


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_a_spoiled_font_is_prepared_or_refused(seed, times):
    with contextlib.suppress(InvalidValueError):
        prepared = prepare(spoiled(WHOLE, seed, times), FONT, name="bold")
        assert opened_font(prepared.file.content)["maxp"].numGlyphs >= 0
