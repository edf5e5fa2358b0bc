"""The assets' part of a publication: the manifest of published files."""

from collections.abc import Mapping

from tenants.assets.models import Asset, AssetState
from tenants.contract import state
from tenants.registry.models import Tenant

__all__ = ["compile_assets"]


def compile_assets(_tenant: Tenant) -> Mapping[str, object]:
    """Return the manifest of the bound tenant, in the order of roles."""
    published = Asset.objects.filter(state=AssetState.PUBLISHED).order_by("role")
    return {"assets": tuple(_describe(asset) for asset in published)}


def _describe(asset: Asset) -> state.Asset:
    return state.Asset(
        role=state.AssetRole(asset.role),
        url=asset.url,
        content_type=asset.content_type,
        sha256=asset.sha256,
        size=asset.size,
        width=asset.width,
        height=asset.height,
    )
