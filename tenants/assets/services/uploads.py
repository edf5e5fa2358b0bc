"""Receiving and removing files, and telling how far they are. Looking into a file is the worker's business alone."""

import re
import unicodedata
import uuid
from datetime import timedelta
from typing import BinaryIO, TypedDict
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.assets.models import ROLE_LABELS, Asset, AssetState
from tenants.assets.storage import put_private
from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.state import AssetRole
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["MAXIMUM_BYTES", "PROCESS_TASK", "SWEEP_AFTER", "RoleAssets", "current_assets", "receive_asset",
           "remove_asset"]  # fmt: skip

MAXIMUM_BYTES = 5 * 1024 * 1024
PROCESS_TASK = "tenants.assets.tasks.process_asset"
SWEEP_AFTER = timedelta(seconds=20)
"""So long a message may take from the queue to a worker before the sweep sends it again."""

_CHUNK_BYTES = 256 * 1024


class RoleAssets(TypedDict):
    """What a role shows: the live file, one that is on its way, and the last one when that was refused."""

    published: Asset | None
    pending: Asset | None
    failed: Asset | None


def receive_asset(
    tenant_id: UUID | str, *, role: str, name: str, content: BinaryIO, size: int, actor: Actor
) -> Asset:  # fmt: skip
    """Keep an upload privately and have it processed; returns its row in the state RECEIVED.

    ``size`` is what the sender declared: it can refuse a file early, and only the counted stream accepts it.
    ``name`` is shown to people and used for nothing else. Raises ``InvalidValueError`` (``role_unknown``,
    ``file_too_large``, ``file_empty``) and ``UnavailableError`` (``storage_unavailable``); nothing changed then.
    """
    asset_role = _checked_role(role)
    tenant = get_tenant(tenant_id)
    body = _read_limited(content, declared=size)
    asset_id = uuid.uuid4()
    key = f"{tenant.pk}/uploads/{asset_id}"
    # Before the row: an object without a row is harmless, a row without its object is not.
    put_private(key, body)
    with transaction.atomic(), tenant_schema(tenant):
        asset = Asset.objects.create(
            id=asset_id,
            role=asset_role.value,
            original_name=_display_name(name),
            private_key=key,
            size=len(body),
            uploaded_by=actor.label[:200],
            uploaded_by_kind=actor.kind.value,
            due_at=timezone.now() + SWEEP_AFTER,
        )
        record(
            "asset.receive",
            actor=actor,
            tenant=tenant,
            target=asset_role.value,
            changes={"file": asset.original_name, "size": asset.size},
        )
        enqueue_after_commit(PROCESS_TASK, str(tenant.pk), str(asset.pk))
    return asset


def remove_asset(tenant_id: UUID | str, role: str, *, actor: Actor) -> None:
    """Take a role's file away and publish: the live one, one that is still on its way, and a refused one.

    The object stays in the public bucket, since older revisions name it. Raises ``InvalidValueError``
    (``role_unknown``) and ``NotFoundError`` (``asset_not_found``) when there is nothing to take away.
    """
    asset_role = _checked_role(role)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        with tenant_schema(tenant):
            shown = Asset.objects.select_for_update().filter(
                role=asset_role.value, state__in=(AssetState.RECEIVED, AssetState.PUBLISHED, AssetState.FAILED)
            )
            files = [asset.original_name for asset in shown]
            if not files:
                raise NotFoundError("asset_not_found", f"{ROLE_LABELS[asset_role]}: there is no file to remove.")
            shown.update(state=AssetState.REMOVED, updated_at=timezone.now())
        record("asset.remove", actor=actor, tenant=tenant, target=asset_role.value, changes={"files": files})
        publish_tenant(tenant.pk, actor=actor, note=f"{ROLE_LABELS[asset_role]} removed")


def current_assets(tenant: Tenant) -> dict[str, RoleAssets]:
    """Return what each role shows now, by ``AssetRole`` value; enters the tenant's schema itself."""
    with tenant_schema(tenant):
        newest = list(
            Asset.objects.filter(state__in=(AssetState.RECEIVED, AssetState.PUBLISHED, AssetState.FAILED))
            .order_by("role", "state", "-created_at")
            .distinct("role", "state")
        )
    return {role.value: _role_assets([asset for asset in newest if asset.role == role.value]) for role in AssetRole}


def _role_assets(newest: list[Asset]) -> RoleAssets:
    by_state = {asset.state: asset for asset in newest}
    failed = by_state.get(AssetState.FAILED)
    if failed and any(asset.created_at > failed.created_at for asset in newest):
        failed = None
    return RoleAssets(
        published=by_state.get(AssetState.PUBLISHED), pending=by_state.get(AssetState.RECEIVED), failed=failed
    )


def _checked_role(role: str) -> AssetRole:
    try:
        return AssetRole(role)
    except ValueError as error:
        raise InvalidValueError("role_unknown", f"There is no place for a file “{role[:40]}”.", field="role") from error


def _read_limited(content: BinaryIO, *, declared: int) -> bytes:
    """Return the stream's bytes; never reads more than one chunk beyond the limit."""
    body = bytearray()
    while declared <= MAXIMUM_BYTES and len(body) <= MAXIMUM_BYTES and (chunk := content.read(_CHUNK_BYTES)):
        body += chunk
    if max(declared, len(body)) > MAXIMUM_BYTES:
        raise InvalidValueError(
            "file_too_large",
            f"The file is larger than {MAXIMUM_BYTES // 1024**2} MB, the most that is taken.",
            field="content",
        )
    if not body:
        raise InvalidValueError("file_empty", "The file is empty.", field="content")
    return bytes(body)


def _display_name(name: str) -> str:
    """Return the last part of a file name without control, format and surrogate characters."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(character for character in last if not unicodedata.category(character).startswith("C"))
    return visible.strip()[:120] or "unnamed"
