"""Which addresses on a tenant's host show something else after an edit, under the same name.

Files under content-hashed names never change, and the page itself is asked for anew each time. CloudFront's wildcard
stands at the end and matches a query string too.
"""

from collections.abc import Mapping
from typing import Any

from tenants.contract.state import AssetRole

__all__ = ["changed_paths"]

_LOGO = ("/logo*",)
# An author without an avatar is shown with the favicon.
_ICONS = ("/avatars/*", "/favicon*", "/manifest.webmanifest")
_PUBLIC = ("/public/*",)
# For pages of other sites that carry the widget, whose script says whether there is a typeface to ask for.
_FONTS = ("/_brand/fonts.css", "/copilot/index.js")
_LOGIN = ("/_brand/login*",)
# The widget's theme has the tenant's colours.
_BRANDING = (*_LOGO, *_ICONS, "/public/theme.json")

_BY_ROLE: dict[str, tuple[str, ...]] = {
    AssetRole.LOGO_LIGHT: _LOGO,
    AssetRole.LOGO_DARK: _LOGO,
    AssetRole.FAVICON: _ICONS,
    AssetRole.LOGIN_IMAGE: _LOGIN,
    AssetRole.AVATAR: ("/avatars/*",),
    AssetRole.FONT: _FONTS,
    AssetRole.THEME: ("/public/theme.json",),
    AssetRole.PUBLIC_FILE: _PUBLIC,
}


def changed_paths(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Return the paths that differ between two documents of a tenant, sorted; all of them where there is none before.

    A tenant without a logo or an icon has them drawn from its name and colours.
    """
    if before is None:
        return sorted({*_LOGO, *_ICONS, *_PUBLIC, *_FONTS, *_LOGIN})
    paths: set[str] = set()
    if before.get("branding") != after.get("branding"):
        paths |= {*_BRANDING}
    if before.get("theme") != after.get("theme"):
        paths |= {"/public/theme.json"}
    older, newer = _slots(before), _slots(after)
    for slot in older.keys() | newer.keys():
        if older.get(slot) != newer.get(slot):
            paths |= {*_BY_ROLE.get(slot[0], ())}
    return sorted(paths)


def _slots(document: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    return {(asset["role"], asset.get("name", "")): asset for asset in document.get("assets", [])}
