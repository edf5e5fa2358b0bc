"""Contrast of colours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.portal.contrast import ENOUGH, contrast_ratio, ink_on, readable_on

COLOURS = st.integers(min_value=0, max_value=0xFFFFFF).map("#{:06x}".format)


def test_ratios_are_those_of_wcag():
    assert contrast_ratio("#ffffff", "#000000") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(COLOURS, st.sampled_from(["#ffffff", "#1b1b1f"]))
def test_any_brand_colour_becomes_readable_on_the_pages_surfaces(colour, surface):
    assert contrast_ratio(readable_on(colour, surface), surface) >= ENOUGH


@given(COLOURS)
def test_a_colour_that_is_readable_already_stays(colour):
    if contrast_ratio(colour, "#ffffff") >= ENOUGH:
        assert readable_on(colour, "#ffffff") == colour


@given(COLOURS)
def test_buttons_of_any_colour_have_readable_text(colour):
    assert contrast_ratio(ink_on(colour), colour) >= 4.4
