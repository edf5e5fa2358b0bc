"""A tenant's own typeface as a stylesheet. Pure."""

from urllib.parse import quote

from tenants.contract.state import FONT_FACES, Asset, AssetRole, TenantState

__all__ = ["BRAND_FAMILY", "css_address", "font_faces", "regular_face"]

BRAND_FAMILY = "chat-brand"
"""What pages call the typeface, whatever the file itself does: a name that no page has which carries the widget."""


def font_faces(state: TenantState, *, base: str = "") -> str:
    """Return the ``@font-face`` rules, none where the tenant has no font; ``base`` completes addresses without host."""
    faces = {asset.name: asset for asset in state.assets_of(AssetRole.FONT)}
    return "".join(_rule(faces[name], name, base) for name in FONT_FACES if name in faces)


def regular_face(state: TenantState) -> Asset | None:
    """Return the font that nearly every word of the page is set in."""
    return state.asset(AssetRole.FONT, "regular")


def css_address(address: str) -> str:
    """Return an address for ``url("…")``: nothing in it can end the string or the element around it."""
    return quote(address, safe=":/?#[]@!$&*+,;=%~")


def _rule(asset: Asset, name: str, base: str) -> str:
    weight, style = FONT_FACES[name]
    address = css_address(f"{base}{asset.url}" if asset.url.startswith("/") else asset.url)
    return (
        f'@font-face{{font-family:"{BRAND_FAMILY}";font-style:{style};font-weight:{_weights(asset, weight)};'
        f'font-display:swap;src:url("{address}") format("woff2")}}'
    )


def _weights(asset: Asset, weight: int) -> str:
    """Return the weights a file is used for: all of a variable font's, else the one of its place."""
    held = asset.font.weight if asset.font else ""
    lightest, _, heaviest = held.partition(" ")
    return held if heaviest and int(lightest) <= weight <= int(heaviest) else str(weight)
