"""Files made to do harm: each is refused in a sentence, or nothing of the harm is left in what is published."""

import base64
import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import NAMED_ROLES, AssetRole
from tests.tenants.assets.pictures import DRAWING, animated, drawing, opened, picture, scene, written
from tests.tenants.assets.spoiling import spoiled
from tests.tenants.assets.typefaces import typeface

LOGO = AssetRole.LOGO_LIGHT
NAMES = {AssetRole.AVATAR: "me", AssetRole.FONT: "bold", AssetRole.PUBLIC_FILE: "a.webp"}
PAGE = b"<html><script>alert(1)</script></html>"


def published(content: bytes, role: AssetRole = LOGO) -> bytes:
    """Return all bytes that would be published of a file."""
    prepared = prepare(content, role, name=NAMES.get(role, ""))
    return b"".join(file.content for file in (prepared.file, *prepared.renditions))


def refusal(content: bytes, role: AssetRole = LOGO) -> InvalidValueError:
    """Return the error with which a file is refused."""
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, role, name=NAMES.get(role, ""))
    return caught.value


def png(width: int, height: int, pixels: bytes = b"", *, before: tuple[bytes, ...] = ()) -> bytes:
    """Return a PNG whose head promises a size, with other chunks before its pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (head, *before, b"IDAT" + zlib.compress(pixels), b"IEND")
    parts = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def ico(inside: bytes, side: int) -> bytes:
    """Return an ICO that holds one picture and says how large it is."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, side, side, 0, 0, 1, 32, len(inside), 22) + inside


def jar() -> bytes:
    """Return a Java archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: Evil")
    return stream.getvalue()


def commented_jpeg() -> bytes:
    """Return a JPEG that is JavaScript too, from its length to its comment."""
    return picture("JPEG", comment=b"*/=alert(1);/*" + PAGE)


def described_png() -> bytes:
    """Return a PNG with a page in each kind of text that PNG has."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Title", PAGE.decode())
    notes.add_text("Title", PAGE.decode(), zip=True)
    notes.add_itxt("XML:com.adobe.xmp", PAGE.decode())
    return written(opened(picture()), "PNG", pnginfo=notes)


@pytest.mark.parametrize(
    "content",
    [
        picture("GIF") + jar(),
        picture("PNG") + PAGE,
        picture("WEBP") + PAGE,
        commented_jpeg(),
        described_png(),
        picture("GIF", comment=PAGE),
        picture("PNG") + b"<?php system($_GET['c']);",
        written(opened(picture()), "PNG", exif=b"Exif\0\0" + PAGE),
    ],
    ids=[
        "GIFAR",
        "PNG and page",
        "WebP and page",
        "JPEG and script",
        "PNG texts",
        "GIF comment",
        "PNG and PHP",
        "EXIF",
    ],
)
def test_of_a_file_that_is_two_things_at_once_only_the_picture_is_left(content):
    left = published(content)
    for harm in (b"script", b"alert", b"<?php", b"META-INF", b"PK\x03\x04"):
        assert harm not in left
    assert not zipfile.is_zipfile(io.BytesIO(prepare(content, LOGO).file.content))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PAGE + picture(), "svg_broken"),
        (drawing() + PAGE, "svg_broken"),
        (drawing("]]>" + PAGE.decode()), "svg_broken"),
        (drawing(PAGE.decode()), "svg_unknown"),
        (b"GIF89a/*" + PAGE, "image_broken"),
        (b"\xff\xd8\xff\xe0" + PAGE * 20, "image_broken"),
        (jar(), "image_format_refused"),
        (b"#!/bin/sh\nrm -rf /", "image_unrecognised"),
        (b"", "file_empty"),
        (b"\0", "image_unrecognised"),
        (b" " * 1000, "image_unrecognised"),
    ],
)
def test_what_only_pretends_to_be_a_picture_is_refused(content, code):
    assert refusal(content).code == code


@pytest.mark.parametrize(
    ("content", "role", "code"),
    [
        (png(60_000, 60_000), LOGO, "image_too_large"),
        (png(30_000, 1), LOGO, "image_too_large"),
        (png(2**31 - 1, 1), LOGO, "image_too_large"),
        (png(0, 10), LOGO, "image_broken"),
        (png(8000, 5000), LOGO, "image_broken"),
        (png(64, 64, before=(b"iCCPx\0\0" + zlib.compress(bytes(80_000_000)),)), LOGO, "image_broken"),
        (png(64, 64, before=(b"zTXtx\0\0" + zlib.compress(bytes(80_000_000)),)), LOGO, "image_broken"),
        (picture("WEBP", (8100, 1)), LOGO, "image_too_large"),
        (picture("GIF")[:6] + struct.pack("<HH", 65535, 65535) + picture("GIF")[10:], LOGO, "image_too_large"),
        (ico(png(60_000, 60_000), 32), AssetRole.FAVICON, "image_too_large"),
        (ico(png(7000, 7000), 32), AssetRole.FAVICON, "image_too_large"),
        (ico(picture("JPEG"), 32), AssetRole.FAVICON, "image_broken"),
    ],
)
@pytest.mark.filterwarnings("ignore:Image was not the expected size:UserWarning")
def test_what_would_unpack_without_bound_is_refused(content, role, code):
    assert len(content) < 200_000
    assert refusal(content, role).code == code


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("role", [LOGO, AssetRole.LOGIN_IMAGE, AssetRole.OPEN_GRAPH, AssetRole.AVATAR])
def test_moving_pictures_are_refused_in_every_place(image_format, role):
    assert refusal(animated(image_format), role).code == "image_animated"


@pytest.mark.parametrize("cut", [1, 10, 60, 200, 400])
@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_ends_too_early_is_refused(image_format, cut):
    content = scene((96, 96), image_format)
    assert refusal(content[: len(content) - len(content) * cut // 500 - 2]).code in {
        "image_broken", "image_unrecognised"
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_way_to_store_colours_becomes_what_browsers_show(mode):
    image = Image.new("L", (40, 40), 200)
    image = image.convert("I").point(lambda value: value * 257).convert(mode) if mode == "I;16" else image.convert(mode)
    stored = "JPEG" if mode in {"CMYK", "YCbCr"} else "TIFF" if mode == "PA" else "PNG"
    if stored == "TIFF":
        assert refusal(written(image, "TIFF")).code == "image_format_refused"
        return
    shown = opened(prepare(written(image, stored), LOGO).file.content)
    assert shown.mode in {"RGB", "RGBA"}
    expected = 255 if mode == "1" else 200
    assert all(abs(channel - expected) < 8 for channel in shown.convert("RGB").getpixel((20, 20)))


def test_a_picture_of_one_pixel_is_a_picture():
    for role in (LOGO, AssetRole.LOGIN_IMAGE, AssetRole.OPEN_GRAPH, AssetRole.AVATAR, AssetRole.FAVICON):
        assert prepare(picture(size=(1, 1)), role, name=NAMES.get(role, "")).file.width == 1


def test_a_drawing_is_no_link_preview_and_the_refusal_says_what_is():
    error = refusal(DRAWING, AssetRole.OPEN_GRAPH)
    assert (error.code, "PNG, JPEG, WebP or GIF" in error.message) == ("image_format_refused", True)


@pytest.mark.parametrize("role", list(AssetRole))
def test_a_name_with_a_path_or_controls_is_refused_in_every_place(role):
    for name in ("../../etc/passwd", "a\0b", "\u202ecod.exe", "a/../b.webp"):
        with pytest.raises(InvalidValueError) as caught:
            prepare(picture(), role, name=name)
        assert caught.value.code == "asset_name_invalid"
    assert (role in NAMED_ROLES) == bool(NAMES.get(role))


SEEDS = [
    picture(), scene((48, 32)), picture("WEBP", (48, 48)), picture("GIF", (16, 16)), picture("ICO", (32, 32)),
    picture("AVIF", (32, 32)), DRAWING, drawing("<style>a{fill:url(#b)}</style><g transform='scale(2)'/>"), typeface(),
    b"a { background: url(/public/a.png) }", b'{"variables": {"light": {"--a": "b"}}}',
    base64.b64encode(bytes(range(200))),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Image was not the expected size:UserWarning")
@pytest.mark.parametrize("role", list(AssetRole))
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(0, 30), st.integers(0, 4))
def test_no_file_in_any_place_brings_anything_but_a_result_or_a_refusal(role, content, seed, times, kept):
    with contextlib.suppress(InvalidValueError):
        prepare(spoiled(content, seed, times, kept=kept), role, name=NAMES.get(role, ""))


@given(st.sampled_from(list(AssetRole)), st.binary(max_size=400))
def test_no_bytes_at_all_bring_anything_but_a_result_or_a_refusal(role, content):
    with contextlib.suppress(InvalidValueError):
        prepare(content, role, name=NAMES.get(role, ""))
