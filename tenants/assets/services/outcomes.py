"""How an upload ends: published, refused, or waiting for an operator. Each is one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.assets.models import UNFINISHED, Asset, AssetState, StoredObject
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.contract.errors import UnavailableError
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["fail", "finishing", "keep_waiting", "lock_tenant", "publish", "state_now"]

log = structlog.get_logger(__name__)


def publish(tenant: Tenant, asset: Asset, prepared: PreparedAsset, keys: Sequence[str]) -> AssetState:
    """Make the stored file the live one of its place, unless it was removed or a later one is live already.

    ``keys`` are those of the file and its renditions. Raises ``UnavailableError`` when one of them was cleaned up
    meanwhile; nothing is published then.
    """
    with finishing(tenant, asset) as current:
        if current is None:
            return state_now(tenant, asset)
        _describe(current, prepared, keys)
        live = _place(current).filter(state=AssetState.PUBLISHED).first()
        if live and live.created_at > current.created_at:
            current.state = AssetState.REPLACED
            current.save()
            return AssetState.REPLACED
        if StoredObject.objects.filter(key__in=keys).count() != len(set(keys)):
            raise UnavailableError(
                "storage_unavailable", "A file that was stored is no longer there; it is stored again."
            )
        _replace_earlier(current, AssetState.PUBLISHED, AssetState.WAITING)
        current.alt = current.alt or (live.alt if live else "")
        current.state = AssetState.PUBLISHED
        current.save()
        record(
            "asset.publish",
            actor=asset.uploader,
            tenant=tenant,
            target=asset.role,
            changes={
                "file": asset.original_name,
                "key": [live.public_key if live else None, current.public_key],
                **({"name": asset.name} if asset.name else {}),
                **({"approved_by": asset.approved_by} if asset.approved_by else {}),
            },
        )
        publish_tenant(tenant.pk, actor=asset.uploader, note=f"{asset.get_role_display()}: {asset.original_name}")
    return AssetState.PUBLISHED


def keep_waiting(tenant: Tenant, asset: Asset, prepared: PreparedAsset) -> AssetState:
    """Let a file wait for an operator; one that waited in its place before is replaced by it."""
    with finishing(tenant, asset) as current:
        if current is None:
            return state_now(tenant, asset)
        _describe(current, prepared, keys=())
        if (
            _place(current)
            .filter(state__in=(AssetState.PUBLISHED, AssetState.WAITING), created_at__gt=current.created_at)
            .exists()
        ):
            current.state = AssetState.REPLACED
            current.save()
            return AssetState.REPLACED
        _replace_earlier(current, AssetState.WAITING)
        current.state = AssetState.WAITING
        current.save()
        record(
            "asset.wait",
            actor=SYSTEM,
            tenant=tenant,
            target=asset.role,
            changes={"file": asset.original_name, "sha256": current.sha256},
        )
    return AssetState.WAITING


def fail(tenant: Tenant, asset: Asset, reason: str) -> AssetState:
    """Keep the reason for the uploader; what is live stays live."""
    with finishing(tenant, asset) as current:
        if current is None:
            return state_now(tenant, asset)
        current.state, current.step, current.reason = AssetState.FAILED, "", reason[:300]
        current.save(update_fields=["state", "step", "reason", "updated_at"])
        record(
            "asset.fail",
            actor=SYSTEM,
            tenant=tenant,
            target=asset.role,
            changes={"file": asset.original_name, "reason": current.reason},
        )
    log.info("upload refused", tenant=tenant.slug, role=asset.role, reason=reason)
    return AssetState.FAILED


@contextmanager
def finishing(tenant: Tenant, asset: Asset) -> Iterator[Asset | None]:
    """Lock the tenant as every edit does, then the upload; None when another worker or a removal was first."""
    with transaction.atomic(), tenant_schema(lock_tenant(tenant)):
        yield Asset.objects.select_for_update().filter(pk=asset.pk, state__in=UNFINISHED).first()


def lock_tenant(tenant: Tenant) -> Tenant:
    """Wait for the tenant's row and return it as it is now; held to the end of the transaction."""
    locked: Tenant = Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
    return locked


def state_now(tenant: Tenant, asset: Asset) -> AssetState:
    """Return the state that somebody else has brought an upload to."""
    with tenant_schema(tenant):
        return AssetState(Asset.objects.values_list("state", flat=True).get(pk=asset.pk))


def _place(asset: Asset) -> QuerySet[Asset]:
    return Asset.objects.filter(role=asset.role, name=asset.name).exclude(pk=asset.pk)


def _replace_earlier(asset: Asset, *states: AssetState) -> None:
    _place(asset).filter(state__in=states, created_at__lte=asset.created_at).update(
        state=AssetState.REPLACED, updated_at=timezone.now()
    )


def _describe(asset: Asset, prepared: PreparedAsset, keys: Sequence[str]) -> None:
    """Write down what the pipeline found; ``keys`` are empty for a file that is not stored yet."""
    file = prepared.file
    asset.step, asset.reason = "", ""
    asset.content_type, asset.sha256, asset.size = file.content_type, file.sha256, file.size
    asset.width, asset.height = file.width, file.height
    asset.font = msgspec.to_builtins(prepared.font)
    asset.theme = msgspec.to_builtins(prepared.theme)
    asset.colours = list(prepared.colours)
    asset.public_key = keys[0] if keys else ""
    asset.renditions = [
        _rendition(key, rendition) for key, rendition in zip(keys[1:], prepared.renditions, strict=bool(keys))
    ]


def _rendition(key: str, file: PreparedFile) -> dict[str, Any]:
    return {
        "key": key,
        "content_type": file.content_type,
        "sha256": file.sha256,
        "size": file.size,
        "width": file.width,
        "height": file.height,
    }
