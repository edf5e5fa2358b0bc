"""Colours and fonts as CSS variables."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.pages.theme import FONT_STACKS, theme_variables
from tenants.contract.state import Branding, FontFamily, Palette

STOCK = {
    "light": {"--background": "0 0% 100%", "--foreground": "0 0% 5%", "--primary": "340 92% 52%"},
    "dark": {"--background": "0 0% 13%", "--foreground": "0 0% 93%", "--primary": "340 92% 52%"},
}
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def _variables(app=None, **branding):
    return theme_variables(Branding(display_name="x", **branding), app or {}, STOCK)


def _rgb(hsl):
    import colorsys

    hue, saturation, lightness = (float(part.rstrip("%")) for part in hsl.split())
    return colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)


def _contrast(first, second):
    def luminance(colour):
        channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

    darker, lighter = sorted((luminance(_rgb(first)), luminance(_rgb(second))))
    return (lighter + 0.05) / (darker + 0.05)


@given(colours)
def test_text_on_any_primary_colour_can_be_read(colour):
    light = _variables(light=Palette(primary=colour))["light"]

    assert _contrast(light["--primary"], light["--primary-foreground"]) > 4.3


@given(colours)
def test_a_colour_survives_the_conversion(colour):
    red, green, blue = _rgb(_variables(dark=Palette(accent=colour))["dark"]["--accent"])

    expected = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    assert all(abs(a - b) < 0.01 for a, b in zip((red, green, blue), expected, strict=True))


@given(colours, colours)
def test_both_themes_always_name_the_same_variables(primary, background):
    themes = _variables(light=Palette(primary=primary), dark=Palette(background=background))
    known = set(STOCK["light"])

    assert themes["light"].keys() & known == themes["dark"].keys() & known


def test_a_dark_background_in_the_light_theme_takes_the_dark_themes_text():
    assert _variables(light=Palette(background="#101010"))["light"]["--foreground"] == "0 0% 93%"
    assert "--foreground" not in _variables(light=Palette(background="#fafafa"))["light"]


def test_the_tenants_choice_wins_over_the_apps_theme():
    app = {"light": {"--primary": "1 1% 1%", "--radius": "0"}}

    light = _variables(app, light=Palette(primary="#ffffff"))["light"]

    assert (light["--primary"], light["--radius"]) == ("0.0 0.0% 100.0%", "0")
    assert _variables(app)["light"]["--primary"] == "1 1% 1%"


def test_every_font_of_the_contract_has_a_stack():
    assert FONT_STACKS.keys() == set(FontFamily)
    assert _variables(font=FontFamily.SERIF)["dark"]["--font-sans"] == FONT_STACKS[FontFamily.SERIF]
