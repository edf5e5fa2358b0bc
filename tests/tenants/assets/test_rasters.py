"""Pictures made of pixels: told by their content, bounded, and written anew without anything but pixels."""

import contextlib
import io
import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tenants.assets.pipeline.formats import ROLE_FORMATS, FileFormat, accepted_content_types
from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole
from tests.tenants.assets.pictures import DRAWING, animated, opened, photograph, picture, with_text

LOGO = AssetRole.LOGO_LIGHT
PICTURE_ROLES = [
    LOGO, AssetRole.LOGO_DARK, AssetRole.FAVICON, AssetRole.LOGIN_IMAGE, AssetRole.OPEN_GRAPH, AssetRole.AVATAR,
]  # fmt: skip


def refusal(content: bytes, role: AssetRole = LOGO) -> InvalidValueError:
    """Return the error with which a file is refused."""
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, role)
    assert caught.value.field == "content"
    return caught.value


@pytest.mark.parametrize(
    ("image_format", "saving", "expected"),
    [
        ("PNG", {}, "PNG"),
        ("JPEG", {}, "JPEG"),
        ("GIF", {}, "PNG"),
        ("WEBP", {}, "JPEG"),
        ("WEBP", {"lossless": True}, "PNG"),
    ],
)
def test_a_picture_is_published_in_its_size_as_png_or_jpeg_which_everything_reads(image_format, saving, expected):
    prepared = prepare(picture(image_format, **saving), LOGO).file
    assert prepared.content_type == FileFormat[expected].content_type
    assert (prepared.width, prepared.height) == (120, 40)
    assert opened(prepared.content).format == expected
    red, green, blue = opened(prepared.content).convert("RGB").getpixel((100, 30))
    assert (abs(red - 0xDC) < 6, abs(green - 0x26) < 6, abs(blue - 0x26) < 6) == (True, True, True)


def test_the_largest_picture_of_an_ico_becomes_a_png():
    prepared = prepare(picture("ICO", (64, 64), sizes=[(16, 16), (48, 48)]), AssetRole.FAVICON).file
    assert (prepared.content_type, prepared.width, prepared.height) == ("image/png", 48, 48)


def test_equal_uploads_give_equal_results():
    assert prepare(picture(), LOGO) == prepare(picture(), LOGO)
    assert prepare(picture(), LOGO).file.sha256 != prepare(picture(colour="#000000"), LOGO).file.sha256


def test_metadata_is_left_behind_and_the_picture_stands_upright():
    prepared = prepare(photograph(), LOGO).file
    assert (prepared.width, prepared.height) == (20, 60)
    assert b"Secret" not in prepared.content
    assert not opened(prepared.content).getexif()


def test_text_and_colour_profile_of_a_png_are_left_behind():
    content = with_text(picture())
    assert b"Secret Author" in content
    assert b"iCCP" in content
    prepared = prepare(content, LOGO).file
    assert b"Secret" not in prepared.content
    assert b"iCCP" not in prepared.content
    assert prepared.sha256 == prepare(picture(), LOGO).file.sha256


@pytest.mark.parametrize(
    ("role", "expected"),
    [(AssetRole.LOGO_LIGHT, (1024, 512)), (AssetRole.LOGIN_IMAGE, (2560, 1280)), (AssetRole.FAVICON, (512, 256))],
)
def test_a_picture_larger_than_its_role_needs_is_scaled_down(role, expected):
    prepared = prepare(picture(size=(3000, 1500)), role).file
    assert (prepared.width, prepared.height) == expected
    assert opened(prepared.content).size == expected


def test_transparency_survives():
    for image in (Image.new("RGBA", (8, 8), (10, 20, 30, 40)), Image.new("LA", (8, 8), (10, 40))):
        stream = io.BytesIO()
        image.save(stream, "PNG")
        assert opened(prepare(stream.getvalue(), LOGO).file.content).getpixel((4, 4))[3] == 40


def test_sixteen_bits_and_four_inks_become_what_browsers_show():
    deep, inks = io.BytesIO(), io.BytesIO()
    grey = Image.new("I;16", (2, 1))
    grey.putpixel((0, 0), 30000)
    grey.putpixel((1, 0), 65535)
    grey.save(deep, "PNG")
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(inks, "JPEG")
    assert opened(prepare(deep.getvalue(), LOGO).file.content).getpixel((0, 0)) == (116, 116, 116)
    red, green, blue = opened(prepare(inks.getvalue(), LOGO).file.content).getpixel((4, 4))
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("role", PICTURE_ROLES)
def test_each_role_tells_what_it_takes_and_takes_it(role):
    assert accepted_content_types(role) == tuple(kind.content_type for kind in ROLE_FORMATS[role])
    for kind in ROLE_FORMATS[role]:
        content = DRAWING if kind is FileFormat.SVG else picture(kind.name, (32, 32))
        prepare(content, role, name="me" if role is AssetRole.AVATAR else "")


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"just some text", "image_unrecognised", "is not an image"),
        (b"%PDF-1.7\n" + b"0" * 500, "image_format_refused", "is PDF; please use PNG, JPEG"),
        (b"<!doctype html><html><body>hi</body></html>", "svg_broken", "is not an image"),
        (picture("ICO", (32, 32)), "image_format_refused", "is ICO; please use PNG, JPEG, WebP, GIF or SVG"),
        (picture("AVIF"), "image_format_refused", "is AVIF; please use PNG"),
        (picture()[:120], "image_broken", "PNG file is damaged"),
        (picture("JPEG")[:400], "image_broken", "JPEG file is damaged"),
        (b"\x89PNG\r\n\x1a\n", "image_broken", "PNG file is damaged"),
        (picture(size=(30_000, 2)), "image_too_large", "30000 × 2 pixels is too large"),  # noqa: RUF001 - as shown
        (picture(size=(7000, 7000)), "image_too_large", "at most 8000 pixels a side and 40 megapixels"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(content, code, sentence):
    error = refusal(content)
    assert error.code == code
    assert sentence in error.message


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_moving_pictures_are_refused(image_format):
    assert refusal(animated(image_format)).code == "image_animated"


def test_a_header_that_promises_a_gigantic_picture_is_refused_before_decoding():
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\0" * 1_000_000)
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, pixels)
    )
    assert refusal(bomb).code == "image_too_large"


def test_a_web_page_behind_a_picture_does_not_survive():
    page = b"<html><script>alert(1)</script></html>"
    for image_format in ("PNG", "JPEG", "GIF"):
        assert b"script" not in prepare(picture(image_format) + page, LOGO).file.content


# Pillow says so of an ICO whose directory and picture disagree; the picture is judged by its own size.
@pytest.mark.filterwarnings("ignore:Image was not the expected size:UserWarning")
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "ICO"]), st.integers(0, 2**32), st.integers(1, 40))
def test_a_spoiled_file_is_prepared_or_refused_and_never_breaks_the_worker(image_format, seed, spoiled):
    noise = random.Random(seed)  # noqa: S311 - spreading, not secrecy
    content = bytearray(picture(image_format, (32, 32)))
    for _ in range(spoiled):
        content[noise.randrange(4, len(content))] = noise.randrange(256)
    role = AssetRole.FAVICON if image_format == "ICO" else LOGO
    with contextlib.suppress(InvalidValueError):
        assert max(opened(prepare(bytes(content), role).file.content).size) <= 1024
