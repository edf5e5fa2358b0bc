"""Files under `/public/`: of a listed kind by their name, and of that same kind by their content."""

import contextlib
import io
import wave
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.assets.pipeline.names import checked_name
from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import FONT_FACES, AssetRole
from tests.tenants.assets.pictures import DRAWING, animated, drawing, opened, photograph, picture
from tests.tenants.assets.spoiling import spoiled
from tests.tenants.assets.typefaces import opened_font, typeface

PUBLIC = AssetRole.PUBLIC_FILE
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 64
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + b"\0" * 64
ELEMENT = b"export default function Chart() { return <div>{props.title}</div> }"


def sound() -> bytes:
    """Return a short WAV file."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 80)
    return stream.getvalue()


def refusal(content: bytes, name: str) -> InvalidValueError:
    """Return the error with which a file is refused."""
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, PUBLIC, name=name)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("report.pdf", b"%PDF-1.7\n%%EOF", "application/pdf"),
        ("sounds/hello.mp3", b"ID3\x04\0\0\0\0\0\0" + b"\0" * 40, "audio/mpeg"),
        ("sounds/hello.ogg", b"OggS\0\2" + b"\0" * 40, "audio/ogg"),
        ("sounds/hello.WAV", sound(), "audio/wav"),
        ("film.mp4", MP4, "video/mp4"),
        ("film.webm", WEBM, "video/webm"),
        ("data.json", b'{"a": [1, 2.5, "\xc3\xa4"]}', "application/json"),
        ("README.md", "# Größe\r\n\tx".encode(), "text/markdown; charset=utf-8"),
        ("a.txt", b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
        ("a.css", b"a { background: url(/public/b.png) }", "text/css; charset=utf-8"),
    ],
)
def test_a_file_of_a_listed_kind_stays_as_it_is(name, content, content_type):
    prepared = prepare(content, PUBLIC, name=name)
    assert (prepared.file.content, prepared.file.content_type) == (content, content_type)
    assert (prepared.renditions, prepared.colours, prepared.font, prepared.needs_approval) == ((), (), None, False)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("elements/Chart.jsx", "text/jsx; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
    ],
)
def test_code_waits_for_an_operator(name, content_type):
    prepared = prepare(ELEMENT, PUBLIC, name=name)
    assert (prepared.file.content, prepared.file.content_type) == (ELEMENT, content_type)
    assert prepared.needs_approval


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "ICO"])
def test_a_picture_keeps_its_format_and_loses_what_is_behind_it(kind):
    content = picture(kind, (64, 64)) + b"<script>alert(1)</script>"
    prepared = prepare(content, PUBLIC, name=f"images/a.{kind.lower()}")
    assert b"script" not in prepared.file.content
    assert opened(prepared.file.content).format == kind
    assert opened(prepared.file.content).size == (prepared.file.width, prepared.file.height) == (64, 64)
    assert prepared.renditions == ()


def test_drawings_fonts_and_metadata_are_cleaned_as_everywhere():
    assert b"Secret" not in prepare(photograph(), PUBLIC, name="a.jpeg").file.content
    assert prepare(DRAWING, PUBLIC, name="a.svg").file.width == 120
    font = prepare(typeface(notes=b"Secret"), PUBLIC, name="a.woff2").file.content
    assert b"Secret" not in font
    assert opened_font(font).getBestCmap() == {ord("A"): "A"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        *((f"a.{ending}", b"<p>hi</p>", "public_file_refused") for ending in
          ("html", "htm", "xhtml", "shtml", "php", "exe", "swf", "jar", "wasm", "xml", "svgz", "htaccess", "map")),
        ("README", b"hi", "public_file_refused"),
        ("a.png", picture("JPEG"), "public_file_mismatch"),
        ("a.jpg", picture("PNG"), "public_file_mismatch"),
        ("a.png", b"<html>", "public_file_mismatch"),
        ("a.gif", DRAWING, "public_file_mismatch"),
        ("a.pdf", b"<html>%PDF-1.7", "public_file_mismatch"),
        ("a.mp3", MP4, "public_file_mismatch"),
        ("a.webm", picture(), "public_file_mismatch"),
        ("a.svg", picture(), "svg_broken"),
        ("a.svg", drawing("<script/>"), "svg_active"),
        ("a.woff2", typeface(flavour=None), "font_unrecognised"),
        ("a.css", b"@import 'x';", "stylesheet_external"),
        ("a.json", b"{'a': 1}", "json_broken"),
        ("a.json", b"[" * 200_000, "json_broken"),
        ("a.md", b"\0", "text_broken"),
        ("a.txt", picture(), "text_broken"),
        ("a.js", b"<!doctype html><script>", "script_markup"),
        ("a.jsx", b"\xff\xfe", "text_broken"),
        ("a.gif", animated("GIF"), "image_animated"),
        ("a.webp", animated("WEBP"), "image_animated"),
        ("a.png", animated("PNG"), "image_animated"),
        ("a.avif", animated("AVIF"), "image_animated"),
        ("a.avif", picture("AVIF")[:200], "image_broken"),
        ("a.avif", picture("AVIF")[:-60] + b"x" * 60, "image_broken"),
        ("a.txt", b"x" * (1024**2 + 1), "file_too_large"),
        ("a.mp4", MP4 + bytes(20 * 1024**2), "file_too_large"),
        ("a.mp4", b"", "file_empty"),
    ],
)  # fmt: skip
def test_what_is_not_what_its_name_says_is_refused(name, content, code):
    error = refusal(content, name)
    assert (error.code, len(error.message) <= 300) == (code, True)


def test_an_archive_behind_a_gif_is_gone():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Main-Class: Evil")
    written = prepare(picture("GIF") + archive.getvalue(), PUBLIC, name="a.gif").file.content
    assert not zipfile.is_zipfile(io.BytesIO(written))


@pytest.mark.parametrize(
    "name", ["a.png", "elements/Chart.jsx", "a/b/c/d/e/f.png", "_a-b.c.png", "0/1.png", "x" * 196 + ".png"]
)
def test_a_path_of_plain_names_is_kept_as_it_is(name):
    assert checked_name(PUBLIC, name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "/a.png", "a/", "a//b.png", "../a.png", "a/../b.png", "a/./b.png", ".a.png", "a/.git/b.png", "a..b.png",
        "a\\b.png", "a b.png", "a%2fb.png", "ä.png", "\u202egnp.js", "a\0.png", "a\n.png", "a.png\n", "-a.png",
        "~/a.png",
        "C:/a.png", "http://x/a.png", "a?b.png", "a#b.png", "a;b.png", "<a>.png", "a/b/c/d/e/f/g.png",
        "x" * 197 + ".png",
        "\u212a.png", "a\uff0epng", "\uff41.png",
    ],
)  # fmt: skip
def test_a_path_that_could_mean_something_else_is_refused(name):
    for check in (lambda: checked_name(PUBLIC, name), lambda: prepare(picture(), PUBLIC, name=name)):
        with pytest.raises(InvalidValueError) as caught:
            check()
        assert (caught.value.code, caught.value.field) == ("asset_name_invalid", "name")


@pytest.mark.parametrize(
    ("author", "name"),
    [("My Assistant", "my_assistant"), ("gpt-4.1", "gpt-4_1"), (" Bot ", "bot"), ("my_assistant", "my_assistant")],
)
def test_an_avatar_has_its_authors_name_as_chainlits_page_asks_for_it(author, name):
    assert checked_name(AssetRole.AVATAR, author) == name
    assert checked_name(AssetRole.AVATAR, name) == name


@pytest.mark.parametrize("author", ["", " ", "../x", "a/b", "Müller", "a\nb", "a" * 101, "a*", "\u017f", "\u212a"])
def test_a_name_that_no_page_asks_for_is_refused(author):
    with pytest.raises(InvalidValueError) as caught:
        checked_name(AssetRole.AVATAR, author)
    assert caught.value.code == "asset_name_invalid"


def test_a_font_is_one_of_the_faces_and_other_roles_have_no_names():
    assert [checked_name(AssetRole.FONT, face) for face in FONT_FACES] == list(FONT_FACES)
    for role, name in ((AssetRole.FONT, "thin"), (AssetRole.FONT, ""), (AssetRole.LOGO_LIGHT, "x")):
        with pytest.raises(InvalidValueError) as caught:
            checked_name(role, name)
        assert caught.value.code == "asset_name_invalid"


@given(st.text(max_size=60))
def test_whatever_name_is_taken_stays_in_its_folder(name):
    with contextlib.suppress(InvalidValueError):
        checked = checked_name(PUBLIC, name)
        assert checked.isascii()
        assert checked.isprintable()
        assert not {"", ".", ".."} & set(checked.split("/"))


WHOLE = [
    *((f"a.{kind.lower()}", picture(kind, (32, 32))) for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "ICO")),
    ("a.svg", DRAWING), ("a.woff2", typeface()), ("a.css", b"a { color: red }"), ("a.json", b"[1]"), ("a.mp4", MP4),
]  # fmt: skip


# Pillow says so of an ICO whose directory and picture disagree; the picture is judged by its own size.
@pytest.mark.filterwarnings("ignore:Image was not the expected size:UserWarning")
@given(st.sampled_from(WHOLE), st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([8, 16, 48, 250]))
def test_a_spoiled_file_of_any_kind_is_taken_or_refused(file, seed, times, kept):
    name, content = file
    with contextlib.suppress(InvalidValueError):
        prepare(spoiled(content, seed, times, kept=kept), PUBLIC, name=name)


@given(
    st.binary(max_size=300), st.sampled_from(["png", "webp", "avif", "ico", "svg", "woff2", "css", "json", "md", "pdf"])
)
def test_any_bytes_under_any_name_are_taken_or_refused(content, ending):
    with contextlib.suppress(InvalidValueError):
        prepare(content, PUBLIC, name=f"a.{ending}")
