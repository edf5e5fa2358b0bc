"""Deleting what nothing names any more: objects of forgotten revisions, and uploads that have come to their end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.assets.models import ENDED, Asset, StoredObject
from tenants.assets.services.outcomes import lock_tenant
from tenants.assets.storage import delete_private, delete_public
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema

__all__ = ["Cleaned", "clean_tenant", "tenants_to_clean"]

log = structlog.get_logger(__name__)

_BATCH = 400
"""So many objects are deleted under one lock: other edits of the tenant wait that long."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was deleted: public objects and their bytes, and private files of uploads."""

    objects: int = 0
    bytes: int = 0
    uploads: int = 0

    def __add__(self, other: "Cleaned") -> "Cleaned":
        return Cleaned(self.objects + other.objects, self.bytes + other.bytes, self.uploads + other.uploads)


def clean_tenant(tenant_id: UUID | str) -> Cleaned:
    """Delete a tenant's public objects and private uploads that nothing needs, and return how many.

    A public object goes when neither an upload that is live or on its way nor a kept revision names it, and it was
    last stored before the grace period. It goes under the tenant's lock, which noting an object and publishing take
    too: what is noted afterwards is stored anew, so no published address is ever without its object. Raises
    ``UnavailableError`` when the store is away; the rest is done next time.
    """
    tenant = get_tenant(tenant_id)
    cleaned = Cleaned()
    while (batch := _clean_batch(tenant)) != Cleaned():
        cleaned += batch
    if cleaned != Cleaned():
        log.info("assets cleaned up", tenant=tenant.slug, objects=cleaned.objects, uploads=cleaned.uploads)
    return cleaned


def tenants_to_clean() -> Iterator[UUID]:
    """Yield the tenants that have anything older than the grace period which may be without a use."""
    for tenant in Tenant.objects.filter(live_publication__isnull=False):
        with tenant_schema(tenant):
            has_old = _old_objects().exists() or _old_uploads().exists()
        if has_old:
            yield tenant.pk


def _clean_batch(tenant: Tenant) -> Cleaned:
    with transaction.atomic(), tenant_schema(lock_tenant(tenant)):
        named = _named_by_revisions(tenant) | _named_by_rows()
        old = dict(_old_objects().values_list("key", "size"))
        unused = sorted(old.keys() - named)[:_BATCH]
        uploads = list(_old_uploads()[:_BATCH])
        # First the objects: a row without its object is found again next time, an object without a row by nobody.
        delete_public(unused)
        delete_private([key for upload in uploads for key in (upload.private_key, upload.waiting_key)])
        StoredObject.objects.filter(key__in=unused).delete()
        Asset.objects.filter(pk__in=[upload.pk for upload in uploads]).update(private_key="")
    return Cleaned(len(unused), sum(old[key] for key in unused), len(uploads))


def _old_objects() -> QuerySet[StoredObject]:
    return StoredObject.objects.filter(stored_at__lt=timezone.now() - _grace())


def _old_uploads() -> QuerySet[Asset]:
    """Return uploads of the bound tenant that have ended, so long ago that their tickets have expired too."""
    return Asset.objects.filter(state__in=ENDED, updated_at__lt=timezone.now() - _grace()).exclude(private_key="")


def _named_by_rows() -> set[str]:
    rows = Asset.objects.exclude(state__in=ENDED).exclude(public_key="")
    return {key for asset in rows.only("public_key", "renditions") for key in asset.public_keys}


def _named_by_revisions(tenant: Tenant) -> set[str]:
    """Return every key of the tenant that stands anywhere in a kept document, under whatever base address."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT found.groups[1] FROM registry_publication,"
            " regexp_matches(document::text, %s, 'g') AS found(groups) WHERE tenant_id = %s",
            [rf"({tenant.pk}/[0-9a-f]{{32}}\.[a-z0-9]+)", tenant.pk],
        )
        return {key for (key,) in cursor.fetchall()}


def _grace() -> timedelta:
    return timedelta(hours=settings.ENVIRONMENT.assets_grace_hours)
