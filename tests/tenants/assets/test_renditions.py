"""Smaller sizes, other formats, the set of icons and the colours that are made from one picture."""

import itertools

import pytest
from PIL import Image, ImageDraw

from tenants.assets.pipeline.preparing import prepare
from tenants.contract.state import AssetRole
from tests.tenants.assets.pictures import DRAWING, drawing, opened, photograph, picture, scene, written

LOGO = AssetRole.LOGO_LIGHT


def widths(content: bytes, role: AssetRole, image_format: str) -> list[int]:
    """Return the widths of a picture's renditions in one format."""
    name = "me" if role is AssetRole.AVATAR else ""
    renditions = prepare(content, role, name=name).renditions
    return [file.width for file in renditions if opened(file.content).format == image_format]


@pytest.mark.parametrize(
    ("role", "webp", "avif"),
    [
        (LOGO, [128, 256, 512, 900], [128, 256, 512, 900]),
        (AssetRole.LOGIN_IMAGE, [640, 900], [640, 900]),
        # Of 48 pixels, AVIF's own head is a good part.
        (AssetRole.AVATAR, [48, 96, 256], [96, 256]),
        (AssetRole.OPEN_GRAPH, [], []),
    ],
)
def test_a_photograph_has_renditions_in_the_widths_that_its_role_shows(role, webp, avif):
    content = scene((900, 600))
    assert (widths(content, role, "WEBP"), widths(content, role, "AVIF")) == (webp, avif)


def test_every_rendition_is_smaller_than_the_file_it_stands_for_and_tells_its_own_size():
    prepared = prepare(scene((600, 400)), LOGO)
    for width, files in itertools.groupby(prepared.renditions, key=lambda file: file.width):
        sizes = [file.size for file in files]
        assert sizes == sorted(sizes, reverse=True)
        assert max(sizes) < prepared.file.size
        assert width <= prepared.file.width
    for file in prepared.renditions:
        assert opened(file.content).size == (file.width, file.height)
        assert opened(file.content).get_format_mimetype() == file.content_type


def test_a_format_that_saves_nothing_is_left_out():
    assert widths(picture(size=(40, 40)), LOGO, "AVIF") == []


def test_a_drawn_logo_keeps_every_pixel_in_webp():
    prepared = prepare(picture(size=(300, 100)), LOGO)
    whole = next(file for file in prepared.renditions if file.extension == "webp" and file.width == 300)
    assert opened(whole.content).tobytes() == opened(prepared.file.content).tobytes()


def test_transparency_survives_in_every_rendition():
    image = Image.new("RGBA", (600, 200))
    ImageDraw.Draw(image).ellipse((50, 20, 550, 180), fill=(220, 38, 38, 255))
    renditions = prepare(written(image), LOGO).renditions
    assert renditions
    for file in renditions:
        pixels = opened(file.content)
        assert [pixels.getpixel(at)[3] for at in ((0, 0), (file.width // 2, file.height // 2))] == [0, 255]


def test_renditions_carry_nothing_but_pixels():
    for file in prepare(photograph(), AssetRole.AVATAR, name="me").renditions:
        assert b"Secret" not in file.content
        assert not opened(file.content).getexif()


@pytest.mark.parametrize("role", [LOGO, AssetRole.LOGIN_IMAGE])
def test_a_drawing_stays_one_drawing(role):
    prepared = prepare(DRAWING, role)
    assert prepared.file.extension == "svg"
    assert prepared.renditions == ()


def test_a_drawn_favicon_stays_a_drawing_and_becomes_icons_for_home_screens():
    prepared = prepare(drawing('<path fill="#dc2626" d="M0 0h10v5H0z"/>').replace(b"v10z", b"v0z"), AssetRole.FAVICON)
    assert prepared.file.extension == "svg"
    icons = {icon.width: opened(icon.content) for icon in prepared.renditions}
    assert sorted(icons) == [16, 32, 180, 192, 512]
    assert icons[512].getpixel((256, 128)) == (220, 38, 38, 255)
    assert [icons[512].getpixel((256, 384))[3], icons[180].getpixel((90, 135))] == [0, (255, 255, 255)]


@pytest.mark.parametrize(
    "favicon",
    [
        drawing('<text x="1" y="9">A</text>'),
        drawing().replace(b"0 0 10 10", b"0 0 10 1000"),
        drawing().replace(b' viewBox="0 0 10 10"', b""),
    ],
    ids=["with text", "long and narrow", "of no size"],
)
def test_a_favicon_that_would_not_look_as_it_is_meant_is_not_drawn(favicon):
    assert prepare(favicon, AssetRole.FAVICON).renditions == ()


@pytest.mark.parametrize(
    ("side", "expected"),
    [(512, [16, 32, 180, 192, 512]), (256, [16, 32, 180, 192, 512]), (100, [16, 32, 180, 192]), (48, [16, 32])],
)
def test_a_favicon_has_the_sizes_that_it_can_fill_without_blur(side, expected):
    icons = prepare(picture(size=(side, side)), AssetRole.FAVICON).renditions
    assert [opened(icon.content).size for icon in icons] == [(size, size) for size in expected]
    assert {icon.content_type for icon in icons} == {"image/png"}


def test_an_icon_that_is_not_square_stands_in_the_middle():
    icons = prepare(picture(size=(200, 100), colour="#dc2626"), AssetRole.FAVICON).renditions
    large = opened(next(icon for icon in icons if icon.width == 192).content)
    assert [large.getpixel(at)[3] for at in ((96, 10), (96, 96), (96, 182))] == [0, 255, 0]
    assert large.getpixel((150, 130)) == (220, 38, 38, 255)


@pytest.mark.parametrize(("ink", "background"), [("#dc2626", (255, 255, 255)), ("#ffffff", (24, 24, 27))])
def test_the_icon_of_home_screens_has_a_background_against_which_it_is_seen(ink, background):
    image = Image.new("RGBA", (400, 400))
    ImageDraw.Draw(image).ellipse((100, 100, 300, 300), fill=ink)
    icons = prepare(written(image), AssetRole.FAVICON).renditions
    touch = opened(next(icon for icon in icons if icon.width == 180).content)
    assert (touch.mode, touch.getpixel((2, 2))) == ("RGB", background)
    assert opened(next(icon for icon in icons if icon.width == 192).content).mode == "RGBA"


def painted(*areas: tuple[str, int]) -> bytes:
    """Return a picture of vertical stripes of these colours and widths."""
    image = Image.new("RGBA", (sum(width for _, width in areas), 50))
    left = 0
    for colour, width in areas:
        ImageDraw.Draw(image).rectangle((left, 0, left + width - 1, 49), fill=colour)
        left += width
    return written(image)


@pytest.mark.parametrize(
    ("content", "colours"),
    [
        (painted(("#dc2626", 60), ("#2563eb", 20)), ("#dc2626", "#2563eb")),
        (painted(("#ffffff", 80), ("#2563eb", 20)), ("#2563eb",)),
        (painted(("#101010", 80), ("#fafafa", 10), ("#2563eb", 10)), ("#2563eb",)),
        (painted(("#808080", 60), ("#dc2626", 30)), ("#dc2626", "#808080")),
        (painted(("#dc2626", 50), ("#dd2828", 30), ("#2563eb", 20)), ("#dc2626", "#2563eb")),
        (painted(("#00ff0020", 90), ("#2563eb", 10)), ("#2563eb",)),
        (painted(("#000000", 60), ("#ffffff", 40)), ("#000000", "#ffffff")),
        (painted(("#00000000", 50)), ()),
    ],
)
def test_the_strongest_colours_of_a_logo_are_told(content, colours):
    assert prepare(content, LOGO).colours == colours


def test_a_photographed_logo_has_at_most_five_colours():
    colours = prepare(scene((300, 200)), AssetRole.LOGO_DARK).colours
    assert 1 <= len(colours) <= 5
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)


@pytest.mark.parametrize(
    ("inside", "colours"),
    [
        ('<rect fill="#dc2626"/><rect fill="red" style="stroke: rgb(37 99 235)"/>', ("#dc2626", "#2563eb")),
        ('<g fill="hsl(120 100% 25%)"><rect stroke="none"/></g>', ("#008000",)),
        ('<linearGradient><stop stop-color="#7c3aed"/></linearGradient>', ("#7c3aed",)),
        ("<style>@media screen { .a { fill: #7c3aed } } .b { color: currentColor }</style>", ("#7c3aed",)),
        ('<rect fill="rgba(255, 0, 0, 0.1)"/><rect fill="#fff"/>', ("#ffffff",)),
        ('<rect fill="url(#a)" stroke="oklch(0.7 0.1 20)"/>', ("#000000",)),
        (f'<rect fill="rgb({"9" * 5000} 0 0)"/>', ("#000000",)),
        ("", ("#000000",)),
    ],
)
def test_the_colours_of_a_drawing_are_those_it_is_painted_with(inside, colours):
    assert prepare(drawing(inside), LOGO).colours == colours


def test_other_pictures_tell_no_colours():
    assert prepare(picture(), AssetRole.LOGIN_IMAGE).colours == ()
