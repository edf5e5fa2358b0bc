"""A logo and a favicon for tenants that have uploaded none: the name beside its initial in the tenant's own colour.

Without them every such tenant would greet its people under Chainlit's brand. Plain SVG, made once a revision; fonts are
those that systems have, since a picture in an ``img`` element can load none.
"""

from html import escape

from runtime.chainlit_host.pages.theme import FONT_STACKS, readable_ink
from tenants.contract.state import Branding, FontFamily

__all__ = ["monogram", "wordmark"]

# Chainlit's own primary colour, which its page shows where a tenant has chosen none.
DEFAULT_PRIMARY = {"light": "#f61a69", "dark": "#f61a69"}
TEXT = {"light": "#18181b", "dark": "#fafafa"}
LONGEST_NAME = 28
FONT_SIZE = 31
# Widths in ems of the widest font in the stacks, so that no name is cut off; narrower fonts leave a little room.
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW@%&—")


def monogram(branding: Branding, theme: str = "light") -> bytes:
    """Return the initial on a rounded square, 64 by 64."""
    return _svg(64, _tile(branding, theme))


def wordmark(branding: Branding, theme: str) -> bytes:
    """Return the initial and the name beside it, 64 high, for the ``light`` or ``dark`` theme."""
    name = branding.display_name
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"
    font = escape(FONT_STACKS[branding.font or FontFamily.SYSTEM], quote=True)
    text = (
        f'<text x="82" y="43" font-family="{font}" font-size="{FONT_SIZE}" font-weight="600" letter-spacing="-.4"'
        f' fill="{TEXT[theme]}">{escape(shown)}</text>'
    )
    return _svg(round(90 + sum(map(_letter_width, shown)) * FONT_SIZE), _tile(branding, theme) + text)


def _letter_width(letter: str) -> float:
    if letter in NARROW:
        return 0.44
    if letter in WIDE or ord(letter) > 0x2E7F:  # from there on come East Asian scripts and pictures
        return 1.05
    return 0.78 if letter.isupper() else 0.69


def _tile(branding: Branding, theme: str) -> str:
    palette = branding.dark if theme == "dark" else branding.light
    primary = palette.primary or DEFAULT_PRIMARY[theme]
    font = escape(FONT_STACKS[branding.font or FontFamily.SYSTEM], quote=True)
    initial = next((letter for letter in branding.display_name if letter.isalnum()), "•").upper()
    return (
        f'<rect width="64" height="64" rx="16" fill="{primary}"/>'
        f'<text x="32" y="44" text-anchor="middle" font-family="{font}" font-size="34" font-weight="700"'
        f' fill="{readable_ink(primary)}">{escape(initial)}</text>'
    )


def _svg(width: int, content: str) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="64" viewBox="0 0 {width} 64">{content}</svg>'
    ).encode()
