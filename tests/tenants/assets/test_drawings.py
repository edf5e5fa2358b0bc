"""SVG: a drawing is taken, a program is refused with what was found in it."""

from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.assets.pipeline.preparing import prepare
from tenants.assets.pipeline.vector import clean_svg
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole
from tests.tenants.assets.pictures import DRAWING, drawing

ENTITY_BOMB = (
    '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def cleaned(content: bytes) -> str:
    """Return the clean drawing's text, which must be well-formed and clean itself."""
    result = clean_svg(content)
    assert clean_svg(result.content).content == result.content
    return result.content.decode()


def test_a_drawing_is_written_anew_and_tells_its_size():
    prepared = prepare(DRAWING, AssetRole.LOGO_LIGHT).file
    assert (prepared.width, prepared.height) == (120, 40)
    assert b'<rect width="120" height="40" fill="#dc2626">' in prepared.content


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="64px" height="32"', (64, 32)),
        ('width="100%" height="100%"', (10, 10)),
        ('width="12"', (10, 10)),
    ],
)
def test_the_size_comes_from_the_attributes_or_the_view_box(attributes, size):
    result = clean_svg(drawing(attributes=attributes))
    assert (result.width, result.height) == size


def test_a_drawing_without_any_size_has_none():
    result = clean_svg(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert (result.width, result.height) == (None, None)


def test_what_drawing_programs_export_is_taken_and_their_notes_are_left_out():
    content = drawing(
        """<!-- Generator: Secret Editor (v1) -->
        <metadata><rdf:RDF xmlns:rdf="urn:rdf"><rdf:li>Secret Author</rdf:li></rdf:RDF></metadata>
        <sodipodi:namedview xmlns:sodipodi="urn:sodipodi" pagecolor="#fff"><grid/></sodipodi:namedview>
        <defs><linearGradient id="g"><stop offset="0" style="stop-color:#f00;stop-opacity:.5"/></linearGradient>
        <style type="text/css"><![CDATA[.a > b{fill:url(#g);rotate:rotate(3deg)} @media print{.a{x:y}}]]></style>
        </defs>
        <g id="layer" data-name="Layer 1" class="a" clip-path="url('#c')" transform="matrix(1 0 0 1 2 2)">
        <use xlink:href="#layer2" x="1"/><use href=" #layer2 "/><text font-family="'A B', serif">a &lt; b</text></g>""",
        before="<?xml version='1.0' encoding='utf-8'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://x/svg.dtd'>",
    )
    text = cleaned(content)
    assert "Secret" not in text
    assert "data-name" not in text
    assert "DOCTYPE" not in text
    for kept in ("url(#g)", "clip-path=", 'xlink:href="#layer2"', ' href="#layer2"', "a &lt; b", "matrix(1 0 0 1 2 2)"):
        assert kept in text


@pytest.mark.parametrize(
    ("inside", "code", "found"),
    [
        ("<script>alert(1)</script>", "svg_active", "a script"),
        ('<script href="data:text/javascript,alert(1)"/>', "svg_active", "a script"),
        ('<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>', "svg_active", "a script"),
        ("<metadata><script>alert(1)</script></metadata>", "svg_active", "a script"),
        ('<g onload="alert(1)"/>', "svg_active", "onload"),
        ('<g ONCLICK="alert(1)"/>', "svg_active", "ONCLICK"),
        ("<foreignObject><p>hi</p></foreignObject>", "svg_active", "foreignObject"),
        ('<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="https://evil"/>', "svg_active", "iframe"),
        ('<p xmlns="http://www.w3.org/1999/xhtml">hi</p>', "svg_active", "embedded web content"),
        ('<animate attributeName="href" to="javascript:alert(1)"/>', "svg_active", "an animation"),
        ('<set attributeName="onclick" to="alert(1)"/>', "svg_active", "an animation"),
        ('<a href="javascript:alert(1)"><path/></a>', "svg_active", "a link"),
        ('<image href="https://evil/pixel.png"/>', "svg_active", "picture"),
        ('<filter id="f"><feImage href="https://evil/p.png"/></filter>', "svg_active", "picture"),
        ('<use href="https://evil/sprite.svg#x"/>', "svg_external", "https://evil"),
        ('<use xlink:href="data:image/svg+xml;base64,AAAA#x"/>', "svg_external", "data:image"),
        ('<g fill="url(https://evil/x#y)"/>', "svg_external", "links to another file"),
        ('<g fill="URL( //evil )"/>', "svg_external", "links to another file"),
        ('<g style="fill:u\\72l(https://evil)"/>', "svg_external", "escapes"),
        ("<g style=\"background:image-set('https://evil' 1x)\"/>", "svg_external", "image-set"),
        ("<style>@import 'https://evil';</style>", "svg_external", "@import"),
        ("<style>@im<g/>port 'https://evil';</style>", "svg_external", "@import"),
        ("<style>@font-face{font-family:x;src:url(https://evil)}</style>", "svg_external", "@font-face"),
        ("<style>a{font-family:'/*';fill:url(https://evil);x:'*/'}</style>", "svg_external", "links to another file"),
        ("<style>/* url(https://evil) */</style>", "svg_external", "links to another file"),
        ("<style><![CDATA[a{fill:url(https://evil)}]]></style>", "svg_external", "links to another file"),
        ("<style>a{behavior:x}</style>", "svg_external", "script in its style"),
        ("<unheardof/>", "svg_unknown", "unheardof"),
        ("<g>", "svg_broken", "mismatched tag"),
        ("&nbsp;", "svg_broken", "undefined entity"),
    ],
)
def test_a_drawing_that_acts_or_fetches_is_refused_with_what_was_found(inside, code, found):
    with pytest.raises(InvalidValueError) as caught:
        clean_svg(drawing(inside))
    assert caught.value.code == code
    assert found in caught.value.message


@pytest.mark.parametrize(
    ("before", "inside", "code"),
    [
        (ENTITY_BOMB, "<text>&c;</text>", "svg_entities"),
        ("<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<text>&x;</text>", "svg_entities"),
        ("<!DOCTYPE svg [<!ENTITY % x SYSTEM 'http://evil/x.dtd'> %x;]>", "", "svg_entities"),
        ("<!DOCTYPE svg SYSTEM 'http://evil/x.dtd'>", "<text>&x;</text>", "svg_entities"),
        ("<?xml-stylesheet href='https://evil/x.css'?>", "", "svg_external"),
        ("<?xml version='1.0' encoding='unheard-of'?>", "", "svg_broken"),
        ("  <?xml version='1.0'?>", "", "svg_broken"),
        ("", "<g>" * 200 + "</g>" * 200, "svg_too_complex"),
        ("", "<g/>" * 20_001, "svg_too_complex"),
    ],
)
def test_tricks_of_xml_are_refused(before, inside, code):
    with pytest.raises(InvalidValueError) as caught:
        clean_svg(drawing(inside, before=before))
    assert caught.value.code == code
    assert len(caught.value.message) <= 300


@pytest.mark.parametrize(
    "content", [b"<html/>", b'<svg viewBox="0 0 1 1"/>', b'<svg xmlns="urn:other"/>', b"<", "<svg/>".encode("utf-16")]
)
def test_markup_that_is_no_drawing_is_refused(content):
    with pytest.raises(InvalidValueError) as caught:
        prepare(content, AssetRole.FAVICON)
    assert caught.value.code == "svg_broken"


def test_other_encodings_are_written_as_utf_8():
    for encoding in ("utf-16", "iso-8859-1"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>' + drawing("<title>Größe</title>").decode()
        assert "Größe" in cleaned(text.encode(encoding))


def test_text_cannot_break_out_of_its_place():
    text = cleaned(drawing('<title>&lt;script&gt;]]&gt;</title><g id="&quot;&gt;&lt;script&gt;" class="\'"/>'))
    assert "<script" not in text


@given(st.lists(st.sampled_from(["<g>", "</g>", "<script>", "&lt;", "<!--", "-->", "<![CDATA[", "]]>", "url(", "#a)",
                                 "<style>", "</style>", "@import", "\\", '"', "x", " on='a'", "<use href='"]),
                max_size=12))  # fmt: skip
def test_whatever_is_taken_is_well_formed_and_holds_no_script(pieces):
    try:
        content = clean_svg(drawing("".join(pieces))).content
    except InvalidValueError:
        return
    names = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: names.append(name)
    parser.Parse(content, True)
    assert set(names) <= {"svg", "g", "path", "style", "use"}
