"""Marks of a tenant's state: short texts by which an open page sees what changed. Pure."""

import hashlib
import json

from tenants.contract.state import AssetRole, TenantState

__all__ = ["marks"]

LOGOS = (AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK)


def marks(state: TenantState, *, frontend: str) -> dict[str, str]:
    """Return short texts of which each differs when something differs that the page must do something about.

    ``access``: who may enter, so whether the visitor still may. ``app``: the code behind the page and the page's own
    (``frontend`` names its version), which then loads anew. ``logo`` and ``favicon``: pictures whose addresses stay.
    """
    branding = state.branding
    drawn = [branding.display_name, branding.font, branding.light.primary, branding.dark.primary]
    return {
        "access": f"{state.access.mode.value}.{state.access.sign_out_epoch}",
        "app": _mark(state.id, state.app, frontend),
        "logo": _mark(*drawn, *(asset.url for asset in state.assets if asset.role in LOGOS)),
        "favicon": _mark(*drawn, *(asset.url for asset in state.assets if asset.role is AssetRole.FAVICON)),
    }


def _mark(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
