"""Answers with what a tenant has published, each made once a revision and None where there is nothing of the kind."""

from runtime.chainlit_host.answers.static import Prepared, Redirect, StaticBody
from runtime.chainlit_host.pages.fonts import font_faces
from runtime.chainlit_host.pages.pictures import picture
from tenants.contract.state import AssetRole, TenantState

__all__ = ["CHANGING", "LOGO_ROLES", "avatars", "favicon", "fonts", "login_image", "logo"]

# A new logo must show on the next request, and so must a new file of the app.
CHANGING = "no-cache"
LOGO_ROLES = {
    "light": (AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK),
    "dark": (AssetRole.LOGO_DARK, AssetRole.LOGO_LIGHT),
}
"""Where a theme's logo comes from: a tenant with one logo shows it in both themes."""

# Twice what Chainlit's page shows them at, for screens with two pixels to one; the sign-in's fills half of a screen.
LOGO_WIDTH, AVATAR_WIDTH, LOGIN_WIDTH = 400, 96, 1600


def logo(state: TenantState, theme: str) -> Prepared | None:
    """Return the logo of the ``light`` or ``dark`` theme."""
    return _picture(state, *LOGO_ROLES[theme], width=LOGO_WIDTH)


def favicon(state: TenantState) -> Redirect | None:
    """Return the icon, also in the place of avatars and of the sign-in's picture: as it came, not a small size."""
    asset = state.asset(AssetRole.FAVICON)
    return None if asset is None else Redirect(asset.url, cache_control=CHANGING)


def avatars(state: TenantState) -> dict[str, Prepared]:
    """Return the pictures of authors, by the name under which Chainlit's page asks."""
    return {
        asset.name: picture(asset, width=AVATAR_WIDTH, cache_control=CHANGING)
        for asset in state.assets_of(AssetRole.AVATAR)
    }


def login_image(state: TenantState) -> Prepared | None:
    """Return the picture beside the sign-in."""
    return _picture(state, AssetRole.LOGIN_IMAGE, width=LOGIN_WIDTH)


def fonts(state: TenantState) -> StaticBody:
    """Return the typeface as a stylesheet; the widget asks for it from the page of another site."""
    headers = [(b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin")]
    return StaticBody(
        font_faces(state).encode(), content_type="text/css; charset=utf-8", cache_control=CHANGING, headers=headers
    )


def _picture(state: TenantState, *roles: AssetRole, width: int) -> Prepared | None:
    asset = next(filter(None, map(state.asset, roles)), None)
    return None if asset is None else picture(asset, width=width, cache_control=CHANGING)
