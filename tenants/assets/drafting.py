"""Which files wait for being published, where a tenant does not publish whatever is saved."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tenants.assets.addresses import public_url
from tenants.assets.manifest import object_key
from tenants.assets.restoring import is_code
from tenants.contract.roles import Permission
from tenants.contract.state import Asset, Rendition, TenantState
from tenants.registry.services.publishing import DraftRules

__all__ = ["DRAFT_RULES"]

File = TypeVar("File", Asset, Rendition)


def hold_assets(live: TenantState, compiled: TenantState) -> Mapping[str, object]:
    """Return the live files at their present addresses, without code that has been taken away.

    Code runs on the chat's page, so whoever takes it away takes it away at once.
    """
    places = {(asset.role, asset.name) for asset in compiled.assets}
    kept = [asset for asset in live.assets if not is_code(asset) or (asset.role, asset.name) in places]
    return {"assets": tuple(_addressed(asset) for asset in kept), "theme": live.theme}


def permissions_of_changes(served: TenantState, drafted: TenantState) -> frozenset[Permission]:
    """Return what the difference of two states takes."""
    is_same = (served.assets, served.theme) == (drafted.assets, drafted.theme)
    return frozenset() if is_same else frozenset({Permission.EDIT_FILES})


def _addressed(asset: Asset) -> Asset:
    """Return a file with the addresses at which browsers find the bucket now; it may have moved since."""
    return msgspec.structs.replace(_moved(asset), srcset=tuple(_moved(rendition) for rendition in asset.srcset))


def _moved(file: File) -> File:
    return msgspec.structs.replace(file, url=public_url(object_key(file.url)))


DRAFT_RULES = DraftRules(hold=hold_assets, permissions=permissions_of_changes)
