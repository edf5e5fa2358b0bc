"""Bringing the files of an older revision back, so that they are live again; the way back of ``section``."""

from typing import Any

import msgspec
from django.utils import timezone

from tenants.assets.manifest import named_objects, object_key
from tenants.assets.models import ROLE_LABELS, Asset, AssetState, StoredObject
from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.public_objects import find_object
from tenants.contract import state
from tenants.contract.errors import ConflictError
from tenants.contract.roles import Permission
from tenants.contract.state import AssetRole, TenantState
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant

__all__ = ["check_assets", "is_code", "restore_assets"]

_HARMLESS = {kind.served_type for kind in FileFormat} - {FileFormat.JAVASCRIPT.served_type, FileFormat.JSX.served_type}


def check_assets(tenant: Tenant, older: TenantState, _actor: Actor) -> None:
    """Refuse files that are no longer there: asks the store for every object.

    Raises ``ConflictError`` (``revision_file_missing``) that names the file, or ``UnavailableError`` when the store
    does not answer.
    """
    for named in {named.key: named for named in named_objects(older.assets)}.values():
        stored = find_object(named.key) if named.key.startswith(f"{tenant.pk}/") else None
        if stored is None or stored.size != named.size:
            raise ConflictError(
                "revision_file_missing",
                f"{_label(named.asset)} of that revision is no longer there ({named.key}).",
                details={"role": named.asset.role, "name": named.asset.name, "key": named.key},
            )


def restore_assets(_tenant: Tenant, older: TenantState, actor: Actor) -> None:
    """Make the files of the older manifest the published ones of the bound tenant, and no others.

    Uploads that are on their way stay so, and are published after this: they are later. Raises ``ConflictError``
    (``revision_needs_operator``) when a member would bring back code that an operator has taken away.
    """
    live = set(Asset.objects.filter(state=AssetState.PUBLISHED).values_list("role", "name", "public_key"))
    for asset in older.assets:
        is_live = (asset.role.value, asset.name, object_key(asset.url)) in live
        if not actor.may(Permission.OPERATE) and is_code(asset) and not is_live:
            raise ConflictError(
                "revision_needs_operator",
                f"{_label(asset)} runs on the chat's page; only an operator can bring it back.",
                details={"role": asset.role, "name": asset.name},
            )
    kept = [_row(asset, older, actor) for asset in older.assets]
    leaving = Asset.objects.filter(state=AssetState.PUBLISHED).exclude(pk__in=[row.pk for row in kept])
    slots = {(asset.role.value, asset.name) for asset in older.assets}
    for row in leaving:
        # Before the others come back, since one file of a role and name is published.
        row.state = AssetState.REPLACED if (row.role, row.name) in slots else AssetState.REMOVED
        row.save(update_fields=["state", "updated_at"])
    for row in kept:
        row.save()
    # An object that is in use is known, also where its row was lost: it counts, and clean-up sees it again one day.
    StoredObject.objects.bulk_create(
        (
            StoredObject(key=named.key, sha256=named.sha256, size=named.size, content_type=named.content_type)
            for named in {named.key: named for named in named_objects(older.assets)}.values()
        ),
        ignore_conflicts=True,
    )


def _row(asset: state.Asset, older: TenantState, actor: Actor) -> Asset:
    """Return the upload that the asset was, as the manifest describes it; a new one where its row is gone."""
    key = object_key(asset.url)
    uploads = Asset.objects.filter(
        role=asset.role.value,
        name=asset.name,
        public_key=key,
        state__in=(AssetState.PUBLISHED, AssetState.REPLACED, AssetState.REMOVED),
    )
    rows = sorted(uploads, key=lambda upload: (upload.state == AssetState.PUBLISHED, upload.created_at))
    row = rows[-1] if rows else _new_row(asset, actor)
    for field, value in _fields(asset, older).items():
        setattr(row, field, value)
    return row


def _fields(asset: state.Asset, older: TenantState) -> dict[str, Any]:
    return {
        "state": AssetState.PUBLISHED,
        "step": "",
        "reason": "",
        "alt": asset.alt,
        "public_key": object_key(asset.url),
        "content_type": asset.content_type,
        "sha256": asset.sha256,
        "size": asset.size,
        "width": asset.width,
        "height": asset.height,
        "renditions": [
            {
                "key": object_key(rendition.url),
                "content_type": rendition.content_type,
                "sha256": rendition.sha256,
                "size": rendition.size,
                "width": rendition.width,
                "height": rendition.height,
            }
            for rendition in asset.srcset
        ],
        "font": msgspec.to_builtins(asset.font) if asset.font else None,
        "theme": msgspec.to_builtins(older.theme) if asset.role is AssetRole.THEME else None,
    }


def _new_row(asset: state.Asset, actor: Actor) -> Asset:
    return Asset(
        role=asset.role.value,
        name=asset.name,
        original_name=object_key(asset.url).rpartition("/")[2],
        uploaded_by=actor.label[:200],
        uploaded_by_kind=actor.kind.value,
        due_at=timezone.now(),
    )


def is_code(asset: state.Asset) -> bool:
    """Say whether a browser may run the file on the tenant's host, for which an operator had to let it in."""
    return asset.role is AssetRole.SCRIPT or (
        asset.role is AssetRole.PUBLIC_FILE and asset.content_type not in _HARMLESS
    )


def _label(asset: state.Asset) -> str:
    return f"{ROLE_LABELS[asset.role]} {asset.name}".rstrip()
