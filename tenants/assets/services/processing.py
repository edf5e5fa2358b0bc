"""From an upload that is awaited or received to one that is published, by Celery.

Every step can be repeated: the content names its key, storing it again changes nothing, and only the last step, one
transaction, makes the file public knowledge. A worker that dies anywhere leaves an upload that the sweep takes up.
"""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tenants.assets.fetching import fetch
from tenants.assets.models import UNFINISHED, Asset, AssetState, AssetStep
from tenants.assets.names import display_name
from tenants.assets.pipeline.child import prepare_in_child
from tenants.assets.pipeline.formats import MAXIMUM_BYTES
from tenants.assets.pipeline.prepared import PreparedAsset
from tenants.assets.services.objects import note_objects, store_object
from tenants.assets.services.outcomes import fail, finishing, keep_waiting, publish, state_now
from tenants.assets.services.receiving import (
    PROCESS_TASK,
    SWEEP_AFTER,
    UPLOAD_LIFETIME,
    finish_upload,
    mark_received,
)
from tenants.assets.storage import MissingObjectError, fetch_private, put_private
from tenants.contract.errors import InvalidValueError, NotFoundError, UnavailableError
from tenants.contract.state import AssetRole
from tenants.registry.actor import SYSTEM, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema

__all__ = ["MAXIMUM_ATTEMPTS", "process_upload", "requeue_uploads"]

log = structlog.get_logger(__name__)

MAXIMUM_ATTEMPTS = 5
PROCESSING_LIMIT = timedelta(seconds=120)
"""So long a worker may take before the sweep has the upload processed again; that both publish it is harmless."""
ARRIVAL_LIMIT = UPLOAD_LIFETIME + timedelta(minutes=10)
"""After this nobody waits for a file any more: its ticket has expired, and whoever was still sending has ended."""


def process_upload(tenant_id: UUID | str, asset_id: UUID | str) -> AssetState | None:
    """Carry one upload as far as it goes now, and return the state it has then; None when there is no such upload.

    Safe to call again at any time and by two workers at once. Raises ``UnavailableError`` when the store, or the site
    that a file comes from, is away; the upload is taken up again then.
    """
    tenant = get_tenant(tenant_id)
    asset = _begin(tenant, asset_id)
    if asset is None or asset.state not in UNFINISHED:
        return AssetState(asset.state) if asset else None
    if asset.state == AssetState.AWAITED and not asset.source_url:
        return _look_for(tenant, asset)
    try:
        return _carry(tenant, asset)
    except InvalidValueError as refusal:
        return fail(tenant, asset, refusal.message)
    except MissingObjectError:
        return fail(tenant, asset, "The uploaded file is no longer there; please upload it again.")
    except UnavailableError as error:
        _put_off(tenant, asset, error)
        raise


def requeue_uploads() -> int:
    """Enqueue every upload that nobody has finished in its time, and return how many there were.

    One query on a small index for each live tenant, which costs about a second for some thousands of them. A broker
    that is away leaves all as it is, for the next sweep.
    """
    enqueued = 0
    for tenant in Tenant.objects.filter(live_publication__isnull=False):
        with transaction.atomic(), tenant_schema(tenant):
            due = Asset.objects.filter(state__in=UNFINISHED, due_at__lt=timezone.now())
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


def _carry(tenant: Tenant, asset: Asset) -> AssetState:
    if asset.attempts > MAXIMUM_ATTEMPTS:
        given_up = "Processing the file stopped halfway several times; please use another file."
        return fail(tenant, asset, asset.reason or given_up)
    prepared = _prepare(tenant, asset)
    if prepared.needs_approval and not _let_in(asset, prepared):
        put_private(asset.waiting_key, prepared.file.content)
        return keep_waiting(tenant, asset, prepared)
    keys = _store(tenant, asset, prepared)
    return publish(tenant, asset, prepared, keys) if keys else state_now(tenant, asset)


def _begin(tenant: Tenant, asset_id: UUID | str) -> Asset | None:
    """Count the attempt before the file is looked into: a file that ends the worker must not do so for ever."""
    with transaction.atomic(), tenant_schema(tenant):
        at_hand = Asset.objects.filter(pk=asset_id, state__in=UNFINISHED).exclude(
            state=AssetState.AWAITED, source_url=""
        )
        at_hand.update(attempts=F("attempts") + 1, due_at=timezone.now() + PROCESSING_LIMIT, updated_at=timezone.now())
        return Asset.objects.filter(pk=asset_id).first()


def _look_for(tenant: Tenant, asset: Asset) -> AssetState:
    """Find a file that nobody said anything of since its ticket was given out, wait on, or give it up."""
    try:
        return AssetState(finish_upload(tenant.pk, asset.pk, actor=SYSTEM).state)
    except NotFoundError:
        if timezone.now() - asset.created_at > ARRIVAL_LIMIT:
            return fail(tenant, asset, "The file did not arrive; please upload it again.")
        return AssetState.AWAITED


def _prepare(tenant: Tenant, asset: Asset) -> PreparedAsset:
    content = _fetch(tenant, asset) if asset.state == AssetState.AWAITED else fetch_private(asset.private_key)
    _show(tenant, asset, AssetStep.CHECKING)
    return prepare_in_child(content, AssetRole(asset.role), name=asset.name)


def _fetch(tenant: Tenant, asset: Asset) -> bytes:
    """Fetch a file from another site and keep it as an upload is kept, so that the site is not asked again."""
    _show(tenant, asset, AssetStep.FETCHING)
    fetched = fetch(asset.source_url, maximum_bytes=MAXIMUM_BYTES[AssetRole(asset.role)])
    put_private(asset.private_key, fetched.content)
    asset.original_name = display_name(urlsplit(fetched.final_url).path)
    with transaction.atomic(), tenant_schema(tenant):
        Asset.objects.filter(pk=asset.pk).update(original_name=asset.original_name)
        mark_received(tenant, asset, size=len(fetched.content))
    return fetched.content


def _let_in(asset: Asset, prepared: PreparedAsset) -> bool:
    """Say whether what only an operator can let in comes from one, or was let in by one as it is."""
    if asset.approved_by and prepared.file.sha256 != asset.sha256:
        raise InvalidValueError("asset_changed", "The file is no longer the one that was approved.", field="content")
    return bool(asset.approved_by) or asset.uploader.kind is not ActorKind.MEMBER


def _store(tenant: Tenant, asset: Asset, prepared: PreparedAsset) -> tuple[str, ...]:
    """Store the file and its renditions and return their keys; none when somebody else has ended the upload.

    The objects are noted together with the row that holds on to them, so that no clean-up takes them for left over.
    """
    _show(tenant, asset, AssetStep.STORING)
    files = (prepared.file, *prepared.renditions)
    with finishing(tenant, asset) as current:
        if current is None:
            return ()
        keys = note_objects(tenant, files)
        current.public_key, current.renditions = keys[0], [{"key": key} for key in keys[1:]]
        current.save(update_fields=["public_key", "renditions", "updated_at"])
    for file in files:
        store_object(tenant, file, shown_as=asset.role)
    return keys


def _show(tenant: Tenant, asset: Asset, step: AssetStep) -> None:
    with tenant_schema(tenant):
        Asset.objects.filter(pk=asset.pk, state__in=UNFINISHED).update(step=step, updated_at=timezone.now())


def _put_off(tenant: Tenant, asset: Asset, error: UnavailableError) -> None:
    """Leave the upload to a later attempt. A store that is away says nothing about the file, so it does not count."""
    uncounted = 1 if error.code == "storage_unavailable" else 0
    with tenant_schema(tenant):
        Asset.objects.filter(pk=asset.pk, state__in=UNFINISHED).update(
            attempts=F("attempts") - uncounted,
            due_at=timezone.now() + SWEEP_AFTER,
            step="",
            reason="" if uncounted else error.message[:300],
        )
