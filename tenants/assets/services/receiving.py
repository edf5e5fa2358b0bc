"""Files on their way in: tickets with which browsers upload, and addresses from which the worker fetches."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from tenants.assets.models import ENDED, UNFINISHED, Asset, AssetState
from tenants.assets.names import checked_id, checked_role, display_name
from tenants.assets.pipeline.formats import MAXIMUM_BYTES
from tenants.assets.pipeline.names import checked_name
from tenants.assets.services.quota import check_room, storage_limit
from tenants.assets.storage import MissingObjectError, presign_post, private_size
from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.contract.roles import Permission
from tenants.contract.state import AssetRole
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = [
    "MOST_UNFINISHED", "PROCESS_TASK", "SWEEP_AFTER", "UPLOAD_LIFETIME", "UploadTicket", "begin_upload",
    "cancel_upload", "fetch_remote", "finish_upload",
]  # fmt: skip

PROCESS_TASK = "tenants.assets.tasks.process_asset"
SWEEP_AFTER = timedelta(seconds=20)
"""So long a message may take from the queue to a worker before the sweep sends it again."""
UPLOAD_LIFETIME = timedelta(minutes=15)
"""So long the store takes a file with a ticket."""
MOST_UNFINISHED = 200
"""So many files of a tenant may be on their way at once."""


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """With this a browser posts one file to the store: ``fields`` first, then the file as ``file``.

    ``url`` is an address, or a path on the host that the browser is at.
    """

    asset_id: UUID
    url: str
    fields: Mapping[str, str]
    expires_at: datetime
    maximum_bytes: int


def begin_upload(
    tenant_id: UUID | str, *, role: str, name: str = "", file_name: str = "", actor: Actor, return_to: str = ""
) -> UploadTicket:
    """Expect a file and return the ticket to upload it with; nothing of it passes through here.

    ``name`` says which one of the role it is, ``file_name`` is shown to people and used for nothing else.
    ``return_to`` is where the store sends a browser that posts without a script, with the private key, which ends in
    the asset's id, as ``key`` in the query. Raises ``InvalidValueError`` (``role_unknown``, ``asset_name_invalid``,
    ``quota_exceeded``) and ``ConflictError`` (``uploads_too_many``).
    """
    actor.expect(Permission.EDIT_FILES)
    tenant, asset_role, asset_name = _checked(tenant_id, role, name)
    asset = _new_asset(tenant, asset_role, asset_name, actor=actor)
    asset.original_name = display_name(file_name)
    maximum_bytes = MAXIMUM_BYTES[asset_role]
    expires_at = timezone.now() + UPLOAD_LIFETIME
    url, fields = presign_post(
        asset.private_key,
        maximum_bytes=maximum_bytes,
        seconds=int(UPLOAD_LIFETIME.total_seconds()),
        return_to=return_to,
    )
    with transaction.atomic(), tenant_schema(tenant):
        _check_uploads(tenant)
        asset.save(force_insert=True)
    return UploadTicket(asset.pk, url, fields, expires_at, maximum_bytes)


def finish_upload(tenant_id: UUID | str, asset_id: UUID | str, *, actor: Actor) -> Asset:
    """Take note that the store holds the file, have it processed, and return its row. Safe to repeat.

    The browser says so when it has uploaded; where it does not, the sweep finds the file. Raises ``NotFoundError``
    (``asset_not_found``, ``upload_not_arrived``) and ``UnavailableError`` (``storage_unavailable``).
    """
    actor.expect(Permission.EDIT_FILES)
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        asset = Asset.objects.filter(pk=checked_id(asset_id)).first()
    if asset is None:
        raise NotFoundError("asset_not_found", "There is no such upload.")
    if asset.state != AssetState.AWAITED or asset.source_url:
        return asset
    try:
        size = private_size(asset.private_key)
    except MissingObjectError as error:
        raise NotFoundError("upload_not_arrived", "The file has not arrived; please upload it again.") from error
    with transaction.atomic(), tenant_schema(tenant):
        if mark_received(tenant, asset, size=size):
            enqueue_after_commit(PROCESS_TASK, str(tenant.pk), str(asset.pk))
        return Asset.objects.get(pk=asset.pk)


def cancel_upload(tenant_id: UUID | str, asset_id: UUID | str, *, actor: Actor) -> None:
    """Expect a file no longer, which a browser could not upload; what has arrived already goes its way."""
    actor.expect(Permission.EDIT_FILES)
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        Asset.objects.filter(pk=checked_id(asset_id), state=AssetState.AWAITED, source_url="").update(
            state=AssetState.REMOVED, updated_at=timezone.now()
        )


def fetch_remote(tenant_id: UUID | str, *, role: str, name: str = "", url: str, actor: Actor) -> Asset:
    """Have the worker fetch a file from another site, once, and treat it as an upload; returns its row.

    Whether the address may be asked is for the worker to find out, which looks its host up. Raises
    ``InvalidValueError`` (``role_unknown``, ``asset_name_invalid``, ``url_refused``, ``quota_exceeded``) and
    ``ConflictError`` (``uploads_too_many``).
    """
    actor.expect(Permission.EDIT_FILES)
    tenant, asset_role, asset_name = _checked(tenant_id, role, name)
    asset = _new_asset(tenant, asset_role, asset_name, actor=actor)
    asset.source_url = _checked_url(url)
    asset.original_name = display_name(urlsplit(asset.source_url).path)
    with transaction.atomic(), tenant_schema(tenant):
        _check_uploads(tenant)
        asset.save(force_insert=True)
        record("asset.fetch", actor=actor, tenant=tenant, target=asset.role, changes={"url": asset.source_url})
        enqueue_after_commit(PROCESS_TASK, str(tenant.pk), str(asset.pk))
    return asset


def mark_received(tenant: Tenant, asset: Asset, *, size: int) -> bool:
    """Make an awaited upload a received one, in the caller's transaction and schema; False if somebody else did."""
    changed = Asset.objects.filter(pk=asset.pk, state=AssetState.AWAITED).update(
        state=AssetState.RECEIVED, size=size, due_at=timezone.now() + SWEEP_AFTER, updated_at=timezone.now()
    )
    if changed:
        record(
            "asset.receive",
            actor=asset.uploader,
            tenant=tenant,
            target=asset.role,
            changes={"file": asset.original_name, "size": size},
        )
    return bool(changed)


def _checked(tenant_id: UUID | str, role: str, name: str) -> tuple[Tenant, AssetRole, str]:
    asset_role = checked_role(role)
    asset_name = checked_name(asset_role, name)
    tenant = get_tenant(tenant_id)
    # One byte: a tenant whose room is used up is told before it uploads; by how much, when the file is prepared.
    check_room(tenant, 1)
    return tenant, asset_role, asset_name


def _new_asset(tenant: Tenant, role: AssetRole, name: str, *, actor: Actor) -> Asset:
    asset_id = uuid.uuid4()
    return Asset(
        id=asset_id,
        role=role.value,
        name=name,
        state=AssetState.AWAITED,
        private_key=f"{tenant.pk}/uploads/{asset_id}",
        uploaded_by=actor.label[:200],
        uploaded_by_kind=actor.kind.value,
        due_at=timezone.now() + SWEEP_AFTER,
    )


def _check_uploads(tenant: Tenant) -> None:
    """Refuse uploads beyond what a tenant may have on their way, and beyond what it may leave behind of ended ones."""
    counted = Asset.objects.aggregate(
        unfinished=Count("pk", filter=Q(state__in=UNFINISHED)),
        left_behind=Sum("size", filter=Q(state__in=ENDED) & ~Q(private_key="")),
    )
    if counted["unfinished"] >= MOST_UNFINISHED:
        raise ConflictError(
            "uploads_too_many", f"{MOST_UNFINISHED} files are on their way already; please wait until some are done."
        )
    # Their private files are counted by no quota until the clean-up deletes them.
    if (counted["left_behind"] or 0) > storage_limit(tenant):
        raise ConflictError(
            "uploads_too_many",
            "Files that were refused or replaced fill the room for uploads; they are deleted within a day or so.",
        )


def _checked_url(url: str) -> str:
    address = url.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(address) > 2000 or not address.isprintable():
        raise InvalidValueError("url_refused", "A web address begins with https:// and names a host.", field="url")
    return address
