"""The logo of a tenant that has uploaded none says its own name, safely."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.pages.wordmark import monogram, wordmark
from tenants.contract.state import Branding, FontFamily, Palette

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> list[str]:
    """Return what the picture says; raises when it is no well-formed XML."""
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own output


def test_it_says_the_initial_and_the_name():
    assert texts(wordmark(Branding("Acme Rockets"), "light")) == ["A", "Acme Rockets"]
    assert texts(monogram(Branding("“acme”"))) == ["A"]


def test_it_wears_the_tenants_colour_of_each_theme():
    branding = Branding("Acme", light=Palette(primary="#111111"), dark=Palette(primary="#eeeeee"))
    assert b'fill="#111111"' in wordmark(branding, "light")
    assert b'fill="#eeeeee"' in wordmark(branding, "dark")
    assert b'fill="#ffffff"' in monogram(branding)


def test_a_long_name_is_cut_and_a_wide_script_gets_room():
    assert texts(wordmark(Branding("x" * 80), "dark"))[1].endswith("…")
    wide = ElementTree.fromstring(wordmark(Branding("顧客支援"), "light"))  # noqa: S314 - our own output
    narrow = ElementTree.fromstring(wordmark(Branding("abcd"), "light"))  # noqa: S314 - our own output
    assert int(wide.get("width")) > int(narrow.get("width"))


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=80),
    font=st.sampled_from([None, *FontFamily]),
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_name_can_break_out_of_the_text(theme, name, font):
    root = ElementTree.fromstring(wordmark(Branding(name, font=font), theme))  # noqa: S314 - our own output
    assert {element.tag for element in root.iter()} == {f"{SVG}svg", f"{SVG}rect", f"{SVG}text"}
