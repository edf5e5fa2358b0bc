"""The assets' part of a publication: the manifest of published files, and the variables of a theme file."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenants.assets.addresses import public_url
from tenants.assets.models import Asset, AssetState
from tenants.contract import state
from tenants.registry.models import Tenant

__all__ = ["compile_assets"]


def compile_assets(_tenant: Tenant) -> Mapping[str, object]:
    """Return the manifest of the bound tenant, by role and name, and its uploaded theme."""
    published = list(Asset.objects.filter(state=AssetState.PUBLISHED).order_by("role", "name"))
    manifest: dict[str, object] = {"assets": tuple(_describe(asset) for asset in published)}
    theme = next((asset.theme for asset in published if asset.role == state.AssetRole.THEME), None)
    return manifest | ({"theme": msgspec.convert(theme, state.UploadedTheme)} if theme else {})


def _describe(asset: Asset) -> state.Asset:
    return state.Asset(
        role=state.AssetRole(asset.role),
        url=asset.url,
        content_type=asset.content_type,
        sha256=asset.sha256,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        name=asset.name,
        alt=asset.alt,
        srcset=tuple(_rendition(rendition) for rendition in _smallest_first(asset.renditions)),
        font=msgspec.convert(asset.font, state.FontFace) if asset.font else None,
    )


def _smallest_first(renditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(renditions, key=lambda rendition: (rendition["width"], rendition["content_type"]))


def _rendition(rendition: Mapping[str, Any]) -> state.Rendition:
    fields = {name: value for name, value in rendition.items() if name != "key"}
    return msgspec.convert({**fields, "url": public_url(rendition["key"])}, state.Rendition)
