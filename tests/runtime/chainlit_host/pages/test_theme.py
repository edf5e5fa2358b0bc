"""Colours and fonts as CSS variables."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.pages.theme import FONT_STACKS, theme_variables
from tenants.contract.state import Branding, FontFamily, Palette, UploadedTheme

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


def test_a_tenants_theme_lies_over_the_apps_and_under_its_branding():
    app = {"light": {"--primary": "1 1% 1%", "--radius": "0", "--ring": "1 1% 1%"}}
    uploaded = UploadedTheme(light={"--radius": "1rem", "--ring": "2 2% 2%"}, dark={"--background": "3 3% 3%"})
    branding = Branding(display_name="x", light=Palette(primary="#ffffff"))

    themes = theme_variables(branding, app, STOCK, uploaded=uploaded)

    assert themes["light"]["--radius"] == "1rem"
    assert themes["light"]["--ring"] == themes["light"]["--primary"] == "0.0 0.0% 100.0%"
    assert themes["dark"]["--background"] == "3 3% 3%"
    assert themes["light"]["--background"] == STOCK["light"]["--background"]


def test_a_typeface_of_the_tenant_comes_before_every_other():
    branding = Branding(display_name="x", font=FontFamily.SERIF)
    uploaded = UploadedTheme(light={"--font-sans": "Papyrus"})

    chosen = theme_variables(branding, {}, STOCK, own_font="brand")
    unchosen = theme_variables(Branding(display_name="x"), {}, STOCK, uploaded=uploaded, own_font="brand")

    assert chosen["light"]["--font-sans"] == f'"brand", {FONT_STACKS[FontFamily.SERIF]}'
    assert unchosen["light"]["--font-sans"] == '"brand", Papyrus'
