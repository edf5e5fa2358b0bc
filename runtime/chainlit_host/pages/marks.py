"""Marks of a tenant's state: short texts by which an open page sees what changed. Pure."""

import hashlib
import json

from tenants.contract.state import AssetRole, TenantState

__all__ = ["marks"]


def marks(state: TenantState, *, frontend: str) -> dict[str, str]:
    """Return short texts of which each differs when something differs that the page must do something about.

    ``access``: who may enter, so whether the visitor still may. ``ended``: whose sign-ins were ended, how long they
    last and which ways count, so whether perhaps the visitor's is over. ``app``: the code behind the page and the
    page's own (``frontend`` names its version), which then loads anew. ``logo``, ``favicon`` and ``avatars``: pictures
    whose addresses stay. ``stylesheet`` and ``fonts``: what is put in the place of the old. ``script``: what ran
    already. ``opening``: what a page reads when it opens and never again, for which a preview opens anew.
    """
    branding, interface = state.branding, state.interface
    drawn = [branding.display_name, branding.font, branding.light.primary, branding.dark.primary]
    return {
        "access": f"{state.access.mode.value}.{state.access.sign_out_epoch}",
        "ended": _mark(*state.access.sign_in_terms),
        "app": _mark(state.id, state.app, frontend),
        "logo": _mark(*drawn, *_files(state, AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK)),
        "favicon": _mark(*drawn, *_files(state, AssetRole.FAVICON)),
        "avatars": _mark(*_files(state, AssetRole.AVATAR)),
        "stylesheet": _mark(*_files(state, AssetRole.STYLESHEET)),
        "fonts": _mark(*_files(state, AssetRole.FONT)),
        "script": _mark(*_files(state, AssetRole.SCRIPT)),
        "opening": _mark(interface.language, interface.default_sidebar_state, branding.default_theme),
    }


def _files(state: TenantState, *roles: AssetRole) -> list[list[str]]:
    return [
        [asset.name, asset.url, *(rendition.url for rendition in asset.srcset)]
        for asset in state.assets
        if asset.role in roles
    ]


def _mark(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
