"""A tenant's colours and font as the CSS variables of Chainlit's page. Pure: knows neither Chainlit nor tenants' files.

Chainlit's page reads ``window.theme = {"light": {...}, "dark": {...}}`` and sets each variable on the root element,
colours as ``H S% L%``. It never unsets one, so both themes get the same names: what one theme leaves alone is given
Chainlit's own value.
"""

import colorsys
from collections.abc import Mapping

from tenants.contract.state import Branding, FontFamily, Palette, UploadedTheme

__all__ = ["FONT_STACKS", "Variables", "contrast", "readable_ink", "theme_variables"]

Variables = Mapping[str, str]
NO_THEME = UploadedTheme()

FONT_STACKS = {
    FontFamily.SYSTEM: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    FontFamily.HUMANIST: 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, sans-serif',
    FontFamily.GEOMETRIC: 'Avenir, Montserrat, Corbel, "URW Gothic", source-sans-pro, sans-serif',
    FontFamily.ROUNDED: 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, sans-serif',
    FontFamily.SERIF: 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif',
    FontFamily.MONOSPACE: 'ui-monospace, "Cascadia Code", "Source Code Pro", Menlo, Consolas, monospace',
}
"""Stacks of fonts that systems have (after modernfontstacks.com, CC0): no visitor's browser asks a third party."""

DEFAULT_FONT = f'"Inter", {FONT_STACKS[FontFamily.SYSTEM]}'
"""Chainlit's own choice where it is installed; Chainlit would fetch it from Google."""

# WCAG 2.2, success criterion 1.4.3: text against what it stands on.
READABLE = 4.5
WHITE = (1.0, 1.0, 1.0)
INK = (0.05, 0.05, 0.05)
NEUTRALS = (
    "--foreground", "--card", "--card-foreground", "--popover", "--popover-foreground", "--secondary",
    "--secondary-foreground", "--muted", "--muted-foreground", "--accent", "--accent-foreground", "--border", "--input",
    "--sidebar-foreground", "--sidebar-accent", "--sidebar-accent-foreground", "--sidebar-border",
)  # fmt: skip
"""What must change together when a light theme is given a dark background, or the other way round."""

Colour = tuple[float, float, float]


def theme_variables(
    branding: Branding,
    app: Mapping[str, Variables],
    stock: Mapping[str, Variables],
    *,
    uploaded: UploadedTheme = NO_THEME,
    own_font: str = "",
) -> dict[str, dict[str, str]]:
    """Return the variables of both themes: branding over the tenant's theme over the app's over Chainlit's own.

    ``stock`` holds Chainlit's values by theme; only those that one theme needs because the other sets them are taken.
    ``own_font`` is a family of the tenant's that comes before all others.
    """
    font = FONT_STACKS[branding.font] if branding.font else None
    themes: dict[str, dict[str, str]] = {}
    for name, palette, own in (("light", branding.light, uploaded.light), ("dark", branding.dark, uploaded.dark)):
        chosen = _palette_variables(palette, name, stock)
        variables = {"--font-sans": DEFAULT_FONT, **app.get(name, {}), **own, **chosen}
        if font:
            variables["--font-sans"] = font
        if own_font:
            variables["--font-sans"] = f'"{own_font}", {variables["--font-sans"]}'
        themes[name] = variables
    for name, other in (("light", "dark"), ("dark", "light")):
        for variable in sorted(themes[other].keys() - themes[name].keys()):
            if variable in stock.get(name, {}):
                themes[name][variable] = stock[name][variable]
    return themes


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast ratio of two sRGB colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_ink(colour: str) -> str:
    """Return the ink, ``#rrggbb``, that is read best on a colour of the same form."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in _readable_on(_parse(colour)))


def _palette_variables(palette: Palette, theme: str, stock: Mapping[str, Variables]) -> dict[str, str]:
    variables: dict[str, str] = {}
    if palette.background:
        variables |= _background(_parse(palette.background), theme, stock)
    if palette.accent:
        accent = _parse(palette.accent)
        for prefix in ("--", "--sidebar-"):
            variables[f"{prefix}accent"] = _hsl(accent)
            variables[f"{prefix}accent-foreground"] = _hsl(_readable_on(accent))
    if palette.primary:
        primary = _parse(palette.primary)
        for prefix in ("--", "--sidebar-"):
            variables[f"{prefix}primary"] = _hsl(primary)
            variables[f"{prefix}primary-foreground"] = _hsl(_readable_on(primary))
            variables[f"{prefix}ring"] = _hsl(primary)
    return variables


def _background(background: Colour, theme: str, stock: Mapping[str, Variables]) -> dict[str, str]:
    is_dark = _readable_on(background) == WHITE
    variables: dict[str, str] = {}
    if is_dark != (theme == "dark"):
        neutrals = stock.get("dark" if is_dark else "light", {})
        variables |= {name: neutrals[name] for name in NEUTRALS if name in neutrals}
    if is_dark or theme == "dark":
        raised, sunken = _shifted(background, 0.05), _shifted(background, -0.04)
    else:
        raised, sunken = background, _shifted(background, -0.02)
    return variables | {
        "--background": _hsl(background),
        "--card": _hsl(raised),
        "--popover": _hsl(raised),
        "--sidebar-background": _hsl(sunken),
    }


def _readable_on(colour: Colour) -> Colour:
    """Return white where it can be read on the colour, else the darker or lighter ink that is read better."""
    on_white = contrast(WHITE, colour)
    if on_white >= READABLE:
        return WHITE
    return INK if contrast(INK, colour) > on_white else WHITE


def _parse(value: str) -> Colour:
    red, green, blue = (int(value[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _shifted(colour: Colour, amount: float) -> Colour:
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + amount)), saturation)


def _hsl(colour: Colour) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return f"{hue * 360:.1f} {saturation * 100:.1f}% {lightness * 100:.1f}%"
