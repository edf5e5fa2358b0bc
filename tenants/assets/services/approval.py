"""Files that run code in people's browsers: an operator looks at them and lets them in, or does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.assets.models import Asset, AssetState
from tenants.assets.names import checked_id
from tenants.assets.services.outcomes import lock_tenant
from tenants.assets.services.receiving import PROCESS_TASK, SWEEP_AFTER
from tenants.assets.storage import MissingObjectError, fetch_private
from tenants.contract.errors import ConflictError, NotFoundError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["approve_asset", "read_waiting", "refuse_asset"]


def read_waiting(tenant_id: UUID | str, asset_id: UUID | str, *, actor: Actor) -> bytes:
    """Return a file that waits, byte for byte as it would be published.

    Raises ``NotFoundError`` (``asset_not_found``), ``ConflictError`` (``asset_not_waiting``) and ``UnavailableError``
    (``storage_unavailable``).
    """
    actor.expect(Permission.OPERATE)
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        asset = _waiting(Asset.objects.filter(pk=checked_id(asset_id)).first())
    try:
        content = fetch_private(asset.waiting_key)
    except MissingObjectError as error:
        raise NotFoundError("asset_not_found", "The file is no longer there; it must be uploaded again.") from error
    if sha256(content).hexdigest() != asset.sha256:
        raise ConflictError("asset_not_waiting", "The stored file is not the one that waits.")
    return content


def approve_asset(tenant_id: UUID | str, asset_id: UUID | str, *, actor: Actor) -> Asset:
    """Let a waiting file in: the worker publishes it, if it is still the one with the hash that was looked at.

    Raises ``NotPermittedError``, ``NotFoundError`` (``asset_not_found``) and ``ConflictError``
    (``asset_not_waiting``).
    """
    with _deciding(tenant_id, asset_id, actor=actor) as (tenant, asset):
        asset.state, asset.approved_by, asset.attempts = AssetState.RECEIVED, actor.label[:200], 0
        asset.due_at = timezone.now() + SWEEP_AFTER
        asset.save(update_fields=["state", "approved_by", "attempts", "due_at", "updated_at"])
        changes = {"file": asset.original_name, "sha256": asset.sha256}
        record("asset.approve", actor=actor, tenant=tenant, target=asset.role, changes=changes)
        enqueue_after_commit(PROCESS_TASK, str(tenant.pk), str(asset.pk))
    return asset


def refuse_asset(tenant_id: UUID | str, asset_id: UUID | str, *, reason: str = "", actor: Actor) -> Asset:
    """Keep a waiting file out, with a reason that its uploader reads; raises as ``approve_asset``."""
    with _deciding(tenant_id, asset_id, actor=actor) as (tenant, asset):
        said = " ".join(reason.split())
        asset.state = AssetState.FAILED
        asset.reason = (f"An operator did not let it in: {said}" if said else "An operator did not let it in.")[:300]
        asset.save(update_fields=["state", "reason", "updated_at"])
        changes = {"file": asset.original_name, "sha256": asset.sha256, "reason": said}
        record("asset.refuse", actor=actor, tenant=tenant, target=asset.role, changes=changes)
    return asset


@contextmanager
def _deciding(tenant_id: UUID | str, asset_id: UUID | str, *, actor: Actor) -> Iterator[tuple[Tenant, Asset]]:
    """Lock the tenant and the waiting file for an operator's decision."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        tenant = lock_tenant(get_tenant(tenant_id))
        with tenant_schema(tenant):
            yield tenant, _waiting(Asset.objects.select_for_update().filter(pk=checked_id(asset_id)).first())


def _waiting(asset: Asset | None) -> Asset:
    if asset is None:
        raise NotFoundError("asset_not_found", "There is no such upload.")
    if asset.state != AssetState.WAITING:
        raise ConflictError("asset_not_waiting", "The file does not wait for an operator any more.")
    return asset
