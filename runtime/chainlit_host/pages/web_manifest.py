"""The web app manifest of a tenant's chat (https://www.w3.org/TR/appmanifest/), for home screens and docks. Pure."""

from tenants.contract.state import AssetRole, Branding, Palette, TenantState, Theme

__all__ = ["MANIFEST_PATH", "web_manifest"]

MANIFEST_PATH = "/manifest.webmanifest"
LONGEST_SHORT_NAME = 12
"""What home screens show of a name without cutting it."""

BACKGROUNDS = {Theme.LIGHT: "#ffffff", Theme.DARK: "#212121"}
"""Chainlit's own, where the tenant has chosen none."""


def web_manifest(
    state: TenantState, *, name: str, description: str, theme: Theme, fallback_icon: str
) -> dict[str, object]:
    """Return the document. ``fallback_icon`` is the content type of what ``/favicon`` answers without an upload."""
    palette = _palette(state.branding, theme)
    background = palette.background or BACKGROUNDS[theme]
    return {
        "id": "/",
        "name": name,
        "short_name": _short(name),
        **({"description": description} if description else {}),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": background,
        "theme_color": palette.primary or background,
        "icons": _icons(state, fallback_icon),
    }


def _palette(branding: Branding, theme: Theme) -> Palette:
    return branding.dark if theme is Theme.DARK else branding.light


def _short(name: str) -> str:
    if len(name) <= LONGEST_SHORT_NAME:
        return name
    first = name.partition(" ")[0]
    return first if len(first) <= LONGEST_SHORT_NAME else f"{name[: LONGEST_SHORT_NAME - 1].rstrip()}…"


def _icons(state: TenantState, fallback_icon: str) -> list[dict[str, str]]:
    favicon = state.asset(AssetRole.FAVICON)
    if favicon is None:
        return [_icon("/favicon", fallback_icon, "any")]
    drawn = favicon.content_type == "image/svg+xml"
    main = _icon(favicon.url, favicon.content_type, "any" if drawn else _sizes(favicon.width, favicon.height))
    large = [each for each in favicon.srcset if each.width >= 192]
    return [
        *([main] if drawn or not large else []),
        *(_icon(each.url, each.content_type, _sizes(each.width, each.height)) for each in large),
    ]


def _icon(address: str, content_type: str, sizes: str) -> dict[str, str]:
    return {"src": address, "type": content_type, "sizes": sizes, "purpose": "any"}


def _sizes(width: int | None, height: int | None) -> str:
    return f"{width}x{height}" if width and height else "any"
