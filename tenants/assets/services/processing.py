"""From a received upload to a published one, by Celery.

Every step can be repeated: the content names its key, storing it again changes nothing, and only the last step, one
transaction, makes the file public knowledge. A worker that dies anywhere leaves an upload that the sweep takes up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tenants.assets.models import Asset, AssetState
from tenants.assets.pipeline.child import prepare_in_child
from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.assets.services.uploads import PROCESS_TASK, SWEEP_AFTER
from tenants.assets.storage import MissingObjectError, fetch_private, put_public
from tenants.contract.errors import InvalidValueError, UnavailableError
from tenants.contract.state import AssetRole
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["MAXIMUM_ATTEMPTS", "process_upload", "requeue_uploads"]

log = structlog.get_logger(__name__)

MAXIMUM_ATTEMPTS = 5
PROCESSING_LIMIT = timedelta(seconds=60)
"""So long a worker may take before the sweep has the upload processed again; that both publish it is harmless."""


def process_upload(tenant_id: UUID | str, asset_id: UUID | str) -> AssetState | None:
    """Carry one upload to its end, and return the state it has then; None when there is no such upload.

    Safe to call again at any time and by two workers at once. Raises ``UnavailableError`` when the store is away;
    the upload stays RECEIVED then.
    """
    tenant = get_tenant(tenant_id)
    asset = _begin(tenant, asset_id)
    if asset is None or asset.state != AssetState.RECEIVED:
        return AssetState(asset.state) if asset else None
    if asset.attempts > MAXIMUM_ATTEMPTS:
        return _fail(tenant, asset, "Processing the file stopped halfway several times; please use another file.")
    try:
        prepared = prepare_in_child(fetch_private(asset.private_key), AssetRole(asset.role), name=asset.name)
        public_key = _public_key(tenant, prepared.file)
        put_public(
            public_key,
            prepared.file.content,
            content_type=prepared.file.content_type,
            disposition=_disposition(asset, prepared.file),
        )
    except InvalidValueError as refusal:
        return _fail(tenant, asset, refusal.message)
    except MissingObjectError:
        return _fail(tenant, asset, "The uploaded file is no longer there; please upload it again.")
    except UnavailableError:
        # It says nothing about the file, so the attempt does not count.
        with tenant_schema(tenant):
            Asset.objects.filter(pk=asset.pk, state=AssetState.RECEIVED).update(
                attempts=F("attempts") - 1, due_at=timezone.now() + SWEEP_AFTER
            )
        raise
    return _publish(tenant, asset, prepared, public_key)


def requeue_uploads() -> int:
    """Enqueue every upload that nobody has finished in its time, and return how many there were.

    One query on a small index for each live tenant, which costs about a second for some thousands of them. A broker
    that is away leaves all as it is, for the next sweep.
    """
    enqueued = 0
    for tenant in Tenant.objects.filter(live_publication__isnull=False):
        with transaction.atomic(), tenant_schema(tenant):
            due = Asset.objects.filter(state=AssetState.RECEIVED, due_at__lt=timezone.now())
            asset_ids = list(due.values_list("pk", flat=True))
            if asset_ids:
                # Set back at once, so that a long queue is not made longer by every sweep.
                Asset.objects.filter(pk__in=asset_ids).update(due_at=timezone.now() + SWEEP_AFTER)
            for asset_id in asset_ids:
                enqueue_after_commit(PROCESS_TASK, str(tenant.pk), str(asset_id))
        enqueued += len(asset_ids)
    if enqueued:
        log.info("unfinished uploads taken up again", uploads=enqueued)
    return enqueued


def _begin(tenant: Tenant, asset_id: UUID | str) -> Asset | None:
    """Count the attempt before the file is looked into: a file that ends the worker must not do so for ever."""
    with transaction.atomic(), tenant_schema(tenant):
        Asset.objects.filter(pk=asset_id, state=AssetState.RECEIVED).update(
            attempts=F("attempts") + 1, due_at=timezone.now() + PROCESSING_LIMIT, updated_at=timezone.now()
        )
        return Asset.objects.filter(pk=asset_id).first()


def _publish(tenant: Tenant, asset: Asset, prepared: PreparedAsset, public_key: str) -> AssetState:
    """Make the stored file the live one of its role, unless it was removed or a later one is live already."""
    with _finishing(tenant, asset) as current:
        if current is None:
            return _state(tenant, asset)
        live = Asset.objects.filter(role=asset.role, state=AssetState.PUBLISHED).first()
        current.public_key = public_key
        current.content_type = prepared.file.content_type
        current.sha256 = prepared.file.sha256
        current.size = prepared.file.size
        current.width, current.height = prepared.file.width, prepared.file.height
        if live and live.created_at > current.created_at:
            current.state = AssetState.REPLACED
            current.save()
            return AssetState.REPLACED
        if live:
            live.state = AssetState.REPLACED
            live.save(update_fields=["state", "updated_at"])
        current.state = AssetState.PUBLISHED
        current.save()
        record(
            "asset.publish",
            actor=asset.uploader,
            tenant=tenant,
            target=asset.role,
            changes={"file": asset.original_name, "key": [live.public_key if live else None, public_key]},
        )
        publish_tenant(tenant.pk, actor=asset.uploader, note=f"{asset.get_role_display()}: {asset.original_name}")
    return AssetState.PUBLISHED


def _fail(tenant: Tenant, asset: Asset, reason: str) -> AssetState:
    """Keep the reason for the uploader; what is live stays live."""
    with _finishing(tenant, asset) as current:
        if current is None:
            return _state(tenant, asset)
        current.state, current.reason = AssetState.FAILED, reason[:300]
        current.save(update_fields=["state", "reason", "updated_at"])
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
def _finishing(tenant: Tenant, asset: Asset) -> Iterator[Asset | None]:
    """Lock the tenant as every edit does, then the upload; None when another worker or a removal was first."""
    with transaction.atomic():
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        with tenant_schema(tenant):
            yield Asset.objects.select_for_update().filter(pk=asset.pk, state=AssetState.RECEIVED).first()


def _state(tenant: Tenant, asset: Asset) -> AssetState:
    with tenant_schema(tenant):
        return AssetState(Asset.objects.values_list("state", flat=True).get(pk=asset.pk))


def _public_key(tenant: Tenant, file: PreparedFile) -> str:
    """Return where the content lives: the same bytes of a tenant are one object, other bytes are another."""
    return f"{tenant.pk}/{file.sha256[:32]}.{file.extension}"


def _disposition(asset: Asset, file: PreparedFile) -> str:
    """Return how a browser treats the address when it is opened by itself: a drawing is saved, never run as a page.

    In a page's ``<img>`` or as an icon it is shown all the same (RFC 6266).
    """
    kind = "attachment" if file.extension == FileFormat.SVG.extension else "inline"
    return f'{kind}; filename="{asset.role}.{file.extension}"'
