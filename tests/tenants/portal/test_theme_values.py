"""Variables of a theme file on the page: which of them are shown as colours."""

import pytest

from tenants.portal.theme_values import theme_values


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("210 40% 98%", "hsl(210 40% 98%)"),
        (" 262.1 83.3% 57.8% / 0.5 ", "hsl(262.1 83.3% 57.8% / 0.5)"),
        ("#7c3aed", "#7c3aed"),
        ("rgb(0 0 0 / 50%)", "rgb(0 0 0 / 50%)"),
        ("oklch(62.3% 0.214 259.8)", "oklch(62.3% 0.214 259.8)"),
        ("0.75rem", ""),
        ("Inter, sans-serif", ""),
        ("url(https://elsewhere.example/a.svg#x)", ""),
        ("rgb(var(--secret))", ""),
        ("red", ""),
    ],
)
def test_what_is_surely_a_colour_has_a_swatch_and_nothing_else(value: str, colour: str) -> None:
    (shown,) = theme_values({"--primary": value})
    assert (shown.name, shown.value, shown.colour) == ("--primary", value, colour)


def test_variables_are_listed_by_name() -> None:
    assert [shown.name for shown in theme_values({"--ring": "1", "--accent": "2"})] == ["--accent", "--ring"]
