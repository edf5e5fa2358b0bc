"""Style sheets: they style everything and fetch nothing from elsewhere."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

SHEET = AssetRole.STYLESHEET


@pytest.mark.parametrize(
    "text",
    [
        ".message { color: var(--primary); scroll-behavior: smooth }",
        "a::before { content: 'https://example.com' } /* url(https://example.com) */",
        ".a { background: url(/public/images/back.png) } .b { mask: url('#shape') }",
        ".a { background: url( \"/public/back.png?v=2\" ) }",
        "@font-face { font-family: Acme; src: url(data:font/woff2;base64,d09GMg==) format('woff2') }",
        ".a { background: image-set('/public/a.png' 1x, url(/public/b.png) type('image/png') 2x) }",
        ".a { background: image-set(linear-gradient(red, rgb(0 0 0 / calc(1 / 2))) 1x) }",
        "@media (max-width: 30em) { @supports (display: grid) { .a { & .b { color: red } } } }",
        ":root { --icon: url(data:image/svg+xml;utf8,x) }",
        "@layer base; @container (width > 1px) { a { color: red } }",
        "<!-- a { color: red } -->",
        ".behavior { color: red }",
        "größe { color: red }",
    ],
)  # fmt: skip
def test_style_is_published_as_its_author_wrote_it(text):
    prepared = prepare(text.encode(), SHEET)
    assert prepared.file.content.decode() == text
    assert prepared.file.content_type == "text/css; charset=utf-8"
    assert not prepared.needs_approval


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("@import 'https://evil/x.css';", "external", "@import"),
        ("a{}\n@IMPORT url(/public/x.css);", "external", "@import; please put everything into one file (line 2)"),
        ("@\\69mport '/public/x.css';", "external", "@import"),
        ("a{@import 'x'}", "external", "@import"),
        ("a{background:url(https://evil/x)}", "external", "“https://evil/x”"),
        ("a{background:URL( //evil/x )}", "external", "“//evil/x”"),
        ("a{background:u\\72l(https://evil)}", "external", "“https://evil”"),
        ("a{background:url('ht\\74ps://evil')}", "external", "“https://evil”"),
        ("a{--x:url(https://evil)}", "external", "“https://evil”"),
        ("a{color:var(--y,url(https://evil))}", "external", "“https://evil”"),
        ("a{background:image-set('https://evil' 1x)}", "external", "“https://evil”"),
        ("a{background:-webkit-image-set('https://evil' 1x)}", "external", "“https://evil”"),
        ("a{background:image-set(calc('https://evil') 1x)}", "external", "“https://evil”"),
        ("a{--x:'https://evil';background:image-set(var(--x) 1x)}", "external", "var() inside image-set()"),
        ("a{background:src(attr(title))}", "external", "attr() inside src()"),
        ("a{background:src('https://evil')}", "external", "“https://evil”"),
        ("a{background:url(images/x.png)}", "external", "“images/x.png”"),
        ("a{background:url(/public/../admin)}", "external", "“/public/../admin”"),
        ("a{background:url(/public//evil)}", "external", "“/public//evil”"),
        ("a{background:url(/logo)}", "external", "“/logo”"),
        ("a{background:url()}", "external", "“”"),
        ("a{background:url(data:text/html,x)}", "external", "“data:text/html,x”"),
        ("a{background:url(javascript:alert)}", "external", "“javascript:alert”"),
        ("@font-face{src:url(https://evil/x.woff2)}", "external", "evil"),
        ("@namespace url(https://evil);", "external", "evil"),
        (f"a{{background:url(data:image/png;base64,{'A' * 200_000})}}", "external", "128 KB"),
        ("a{width:expression(alert(1))}", "active", "expression()"),
        ("a{width:exp\\72 ession(alert(1))}", "active", "expression()"),
        ("a{behavior:url(#x)}", "active", "behavior"),
        ("a{-moz-binding : url(#x)}", "active", "-moz-binding"),
        ("a{behavio\\72/**/:url(#x)}", "active", "behavior"),
        ("a{}\n</STYLE><script>", "active", "(</style) (line 2)"),
        ("a{content:'x\n'}", "broken", "a string without its end (line 1)"),
        ("a{background:url(a b)}", "broken", "an address without its end"),
        ("a{}}", "broken", "a } too many"),
        ("a)", "broken", "a ) too many"),
        ("{" * 40, "broken", "nested more than 32 deep"),
        ("a{" + "(" * 100_000, "broken", "nested"),
        (f"a{{width:{'9' * 5000}}}", "broken", "a number"),
    ],
)
def test_what_fetches_or_acts_is_refused_with_what_was_found_and_where(text, code, found):
    with pytest.raises(InvalidValueError) as caught:
        prepare(text.encode(), SHEET)
    assert caught.value.code == f"stylesheet_{code}"
    assert found in caught.value.message
    assert len(caught.value.message) <= 300


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a{}".encode("utf-16"), "not UTF-8 at byte 1"),
        (b"a{content:'\xff'}", "not UTF-8 at byte 12"),
        (b"a{}\n/*\0*/", "U+0000 in line 2"),
        (b"a{}\x1b", "U+001B"),
    ],
)
def test_style_is_text_in_utf_8(content, found):
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, SHEET)
    assert (caught.value.code, found in caught.value.message) == ("text_broken", True)


def test_a_byte_order_mark_is_left_out():
    assert prepare("\ufeffa{}".encode(), SHEET).file.content == b"a{}"


PIECES = ["a", "{", "}", "(", ")", "[", "]", ":", ";", "url(", "'", '"', "\\", "/*", "*/", "@import", "@media", "--x",
          "u+", "https://evil", "image-set(", "var(", "<!--", "-->", "\n", " ", "#", "\\75", "9e9"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_whatever_is_taken_names_no_other_site_where_addresses_stand(pieces):
    with contextlib.suppress(InvalidValueError):
        text = prepare("".join(["a{color:red}", *pieces]).encode(), SHEET).file.content.decode()
        assert "url(https" not in text.split("/*")[0].split("'")[0].split('"')[0]


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_style_or_refused(content):
    with contextlib.suppress(InvalidValueError):
        prepare(content, SHEET)
