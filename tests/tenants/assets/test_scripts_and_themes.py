"""Scripts, which wait for an operator, and theme files, which hold variables alone."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole, UploadedTheme

SCRIPT, THEME = AssetRole.SCRIPT, AssetRole.THEME

# As Chainlit's documentation shows it.
CHAINLITS_OWN = {
    "custom_fonts": [],
    "variables": {
        "light": {"--font-sans": "'Inter', sans-serif", "--background": "0 0% 100%", "--radius": "0.75rem"},
        "dark": {"--background": "0 0% 13%", "--ring": "hsl(340 92% 52%)", "--shadow": "0 1px calc(1px + 2px) #000"},
    },
}


def refusal(content: object, role: AssetRole = THEME) -> InvalidValueError:
    """Return the error with which a file is refused; what is not bytes is written as JSON."""
    with pytest.raises(InvalidValueError) as caught:
        prepare(content if isinstance(content, bytes) else json.dumps(content).encode(), role)
    return caught.value


def test_a_script_is_published_as_it_is_once_an_operator_lets_it_in():
    prepared = prepare("\ufeffif (1 < 2) { console.log('ä') }".encode(), SCRIPT)
    assert prepared.needs_approval
    assert prepared.file.content.decode() == "if (1 < 2) { console.log('ä') }"
    assert prepared.file.content_type == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"alert(1)\0", "text_broken"),
        (b"\xff\xfea\0", "text_broken"),
        (b"  <!DOCTYPE html><script>alert(1)</script>", "script_markup"),
        (b"<script>alert(1)</script>", "script_markup"),
        (b"x" * (1024**2 + 1), "file_too_large"),
    ],
)
def test_what_is_no_script_is_refused(content, code):
    assert refusal(content, SCRIPT).code == code


def test_a_theme_file_becomes_variables_and_a_file_with_these_alone():
    prepared = prepare(json.dumps(CHAINLITS_OWN).encode(), THEME)
    assert prepared.theme == UploadedTheme(**CHAINLITS_OWN["variables"])
    assert json.loads(prepared.file.content) == {"variables": CHAINLITS_OWN["variables"]}
    assert (prepared.file.content_type, prepared.needs_approval) == ("application/json", False)


def test_a_theme_of_one_side_leaves_the_other_alone():
    prepared = prepare(b'{"variables": {"dark": {"--ring": "red"}}}', THEME)
    assert prepared.theme == UploadedTheme(dark={"--ring": "red"})


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"light": {"--Primary": "red"}}, "variables.light.--Primary: a variable's name"),
        ({"light": {"color": "red"}}, "variables.light.color: a variable's name"),
        ({"dark": {"--a": ""}}, "variables.dark.--a: a value has 1 to 200"),
        ({"dark": {"--a": "x" * 201}}, "variables.dark.--a: a value has 1 to 200"),
        ({"dark": {"--a": "red; } body { display: none"}}, "variables.dark.--a: a value has"),
        ({"dark": {"--a": "</style>"}}, "variables.dark.--a: a value has"),
        ({"dark": {"--a": "url(https://evil)"}}, "variables.dark.--a: a value cannot fetch"),
        ({"dark": {"--a": "url('https://evil')"}}, "variables.dark.--a: a value cannot fetch"),
        ({"dark": {"--a": "calc(image-set('https://evil' 1x))"}}, "variables.dark.--a: a value cannot fetch"),
        ({"dark": {"--a": "red)"}}, "variables.dark.--a: a value cannot fetch anything, and its brackets"),
        ({"dark": {"--a": "'red"}}, "variables.dark.--a: a value cannot fetch anything, and its brackets"),
        ({"dark": {"--a": "(red"}}, "variables.dark.--a: a value cannot fetch anything, and its brackets"),
        ({"dark": {"--a": "red /*"}}, "variables.dark.--a: a value cannot fetch anything, and its brackets"),
        ({"dark": {"--a": "red\nblue"}}, "variables.dark.--a: a value cannot"),
        ({"dark": {"--a": "9" * 190}}, None),
        ({"dark": {"--a": 7}}, "variables.dark.--a: the value must be text"),
        ({"dark": {"--a": {"b": "c"}}}, "variables.dark.--a: the value must be text"),
        ({"blue": {"--a": "b"}}, "blue"),
        ({}, "sets no variables"),
        ({"light": {f"--a{number}": "1" for number in range(201)}}, "at most 200"),
    ],
)
def test_a_theme_that_is_more_than_variables_is_refused_at_the_property(variables, place):
    content = {"variables": variables}
    if place is None:
        assert prepare(json.dumps(content).encode(), THEME).theme.dark == variables["dark"]
    else:
        error = refusal(content)
        assert (error.code, place in error.message) == ("theme_invalid", True), error.message


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"custom_fonts": ["https://fonts.example/x.css"], "variables": {"light": {"--a": "b"}}}, "custom_fonts"),
        ({"scripts": [], "variables": {"light": {"--a": "b"}}}, "scripts"),
        (["variables"], "does not fit"),
        (b"{", "does not fit"),
        (b"[" * 60_000, "does not fit"),
        (b'{"variables":{"light":' + b'{"a":' * 10_000, "does not fit"),
        (b'{"variables": {"light": {"--a": "\xff"}}}', "not UTF-8"),
    ],
)
def test_a_file_that_is_no_theme_is_refused(content, found):
    error = refusal(content)
    assert found in error.message
    assert len(error.message) <= 300


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_in_a_themes_place_is_a_theme_of_the_contract_or_refused(document):
    for content in (
        document,
        {"variables": document},
        {"variables": {"light": document}},
        {"variables": {"dark": {"--a": document}}},
    ):
        with contextlib.suppress(InvalidValueError):
            theme = prepare(json.dumps(content).encode() or b" ", THEME).theme
            assert msgspec.json.decode(msgspec.json.encode(theme), type=UploadedTheme) == theme
