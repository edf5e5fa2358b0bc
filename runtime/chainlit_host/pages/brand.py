"""What a tenant's own files put into its page, and what open pages are told of them. Pure: knows no Chainlit."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from runtime.chainlit_host.answers.content_policy import origin_of
from runtime.chainlit_host.pages.fonts import font_faces, regular_face
from runtime.chainlit_host.pages.markup import PreviewImage, link, script, style, stylesheet
from runtime.chainlit_host.pages.web_manifest import MANIFEST_PATH
from runtime.published.keys import PREFIX as PUBLISHED_FILES
from runtime.published.keys import key_of_asset
from tenants.contract.state import Asset, AssetRole, TenantState

__all__ = [
    "FONTS_PATH", "alternative_texts", "brand_head", "brand_script", "brand_sources", "brand_stylesheet",
    "described_brand", "preview_image", "widget_sheets", "with_own_stylesheet",
]  # fmt: skip

FONTS_PATH = "/_brand/fonts.css"
"""The typeface as a stylesheet of its own, for pages that are not ours: those that carry the widget."""

STYLESHEET_ID, FONTS_ID = "brand-stylesheet", "brand-fonts"
"""By these ``page_files/live.js`` finds the elements whose content changes."""

SMALL_ICONS = (16, 32)
TOUCH_ICON = 180
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%-]*)*", re.IGNORECASE)


def with_own_stylesheet(state: TenantState) -> TenantState:
    """Return the state with its stylesheet on the tenant's own host, where the runtime serves it out of the bucket.

    What it names under ``/public/`` is looked for on the host that it comes from itself, and no CDN has that.
    """
    assets = tuple(
        msgspec.structs.replace(asset, url=f"{PUBLISHED_FILES}{key}")
        if asset.role is AssetRole.STYLESHEET and (key := key_of_asset(asset, state.id))
        else asset
        for asset in state.assets
    )
    return state if assets == state.assets else msgspec.structs.replace(state, assets=assets)


def brand_head(state: TenantState, *, with_manifest: bool) -> str:
    """Return links to icons, to the web app manifest, and to the font that the page needs first."""
    links = [link(attributes) for attributes in icon_links(state)]
    if with_manifest:
        links.append(link({"rel": "manifest", "href": MANIFEST_PATH}))
    if regular := regular_face(state):
        # Fonts are asked for with CORS even on their own origin; a preload that is not would be for nothing.
        preload = {
            "rel": "preload",
            "as": "font",
            "type": "font/woff2",
            "href": regular.url,
            "crossorigin": "anonymous",
        }
        links.append(link(preload))
    return "\n    ".join(links)


def brand_stylesheet(state: TenantState) -> str:
    """Return the typeface and the tenant's stylesheet, which come after the app's own."""
    elements = style(FONTS_ID, faces) if (faces := font_faces(state)) else ""
    if asset := state.asset(AssetRole.STYLESHEET):
        elements += stylesheet(asset.url, identity=STYLESHEET_ID, integrity=_integrity(asset))
    return elements


def brand_script(state: TenantState) -> str:
    """Return the tenant's script. It stands in the state only when an operator has let it in."""
    asset = state.asset(AssetRole.SCRIPT)
    return "" if asset is None else script(asset.url, "defer", integrity=_integrity(asset))


def brand_sources(state: TenantState, assets_base_url: str) -> dict[str, list[str]]:
    """Return what the page's policy must allow beside its own origin, by directive, and as narrowly as it can be said.

    A script by its own address; stylesheets and fonts by the tenant's folder, since another one may come while the page
    is open. A CDN that all tenants share is so never allowed as a whole.
    """
    folders = [f"{assets_base_url}/{state.id}/"] if assets_base_url else []
    sheets = [state.asset(AssetRole.STYLESHEET)]
    named = {
        "script-src": [asset.url for asset in [state.asset(AssetRole.SCRIPT)] if asset],
        "style-src": [*folders, *(_folder(asset) for asset in sheets if asset)],
        "font-src": [*folders, *map(_folder, state.assets_of(AssetRole.FONT))],
    }
    return {
        directive: list(dict.fromkeys(source for address in addresses if (source := _source(address))))
        for directive, addresses in named.items()
    }


def preview_image(state: TenantState, base: str, app_image: str | None) -> PreviewImage | None:
    """Return the picture of link previews: the tenant's address for one, its upload, the app's, and last its logo.

    ``base`` is the tenant's address without the closing slash: whoever makes previews knows no page to start from.
    """
    if state.interface.custom_meta_image_url:
        return PreviewImage(state.interface.custom_meta_image_url)
    if asset := state.asset(AssetRole.OPEN_GRAPH):
        return PreviewImage(_absolute(asset, base), asset.width, asset.height, asset.alt, is_large=True)
    if app_image:
        return PreviewImage(app_image)
    logo = state.asset(AssetRole.LOGO_LIGHT) or state.asset(AssetRole.LOGO_DARK)
    return None if logo is None else PreviewImage(_absolute(logo, base), logo.width, logo.height, logo.alt)


def icon_links(state: TenantState) -> list[dict[str, str]]:
    """Return the attributes of the links to icons; without an upload there is one, to the tenant's initial."""
    favicon = state.asset(AssetRole.FAVICON)
    by_width = {each.width: each for each in favicon.srcset} if favicon else {}
    links = [
        {"rel": "icon", "type": each.content_type, "sizes": f"{size}x{size}", "href": each.url}
        for size in SMALL_ICONS
        if (each := by_width.get(size))
    ]
    if not links:
        links = [{"rel": "icon", "href": "/favicon"}]
    if touch := by_width.get(TOUCH_ICON):
        links.append({"rel": "apple-touch-icon", "sizes": f"{TOUCH_ICON}x{TOUCH_ICON}", "href": touch.url})
    return links


def alternative_texts(state: TenantState, login_image: str | None) -> dict[str, str]:
    """Return what pictures of the page say to those who do not see them, by address; Chainlit has one word for all."""
    light, dark = state.asset(AssetRole.LOGO_LIGHT), state.asset(AssetRole.LOGO_DARK)
    login = state.asset(AssetRole.LOGIN_IMAGE)
    named = {"/logo?theme=light": light or dark, "/logo?theme=dark": dark or light, login_image or "": login}
    return {address: asset.alt for address, asset in named.items() if address and asset and asset.alt}


def described_brand(state: TenantState) -> Mapping[str, Any]:
    """Return what an open page needs to show the tenant's present files in the place of those it was opened with."""
    sheet = state.asset(AssetRole.STYLESHEET)
    return {
        "icons": icon_links(state),
        "fontFaces": font_faces(state),
        "sheet": {"href": sheet.url, "integrity": _integrity(sheet)} if sheet else None,
    }


def widget_sheets(state: TenantState, base: str) -> list[str]:
    """Return the stylesheets of the Copilot widget; it stands in another site's page, so addresses are whole."""
    sheet = state.asset(AssetRole.STYLESHEET)
    return [_absolute(sheet, base)] if sheet else []


def _integrity(asset: Asset) -> str:
    """Return the hash that a browser holds a file against; a file of which none is known is taken as it is."""
    return asset.integrity if asset.sha256 else ""


def _absolute(asset: Asset, base: str) -> str:
    return f"{base}{asset.url}" if asset.url.startswith("/") else asset.url


def _folder(asset: Asset) -> str:
    return asset.url[: asset.url.rfind("/") + 1]


def _source(address: str) -> str | None:
    """Return an address as a source of a policy; None for one on the page's own host, which needs no mention."""
    return address if _ADDRESS.fullmatch(address) else origin_of(address)
