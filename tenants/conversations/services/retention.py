"""Letting conversations go that a tenant has kept long enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.conversations.files import delete_files
from tenants.conversations.models import Thread
from tenants.conversations.services.deleting import files_of
from tenants.conversations.services.policy import read_policy
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["Expired", "enforce_retention", "tenants_to_visit"]

log = structlog.get_logger(__name__)

BATCH = 500
EMPTY_ROWS_STAY = timedelta(days=30)
"""How long the empty row of a deleted conversation is kept; no answer is being written for so long."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What was let go."""

    conversations: int = 0
    files: int = 0

    def __add__(self, other: "Expired") -> "Expired":
        return Expired(self.conversations + other.conversations, self.files + other.files)


def enforce_retention(tenant_id: UUID | str, *, now: datetime | None = None) -> Expired:
    """Delete what a tenant's policy no longer keeps, and the empty rows of what was deleted long ago.

    Conversations go in batches, each with its files and its line of the audit log in one transaction: a worker that
    dies leaves whole batches, and the next one goes on. One in which something is being said just then stays. Raises
    ``UnavailableError`` when the file store is away; nothing of that batch is gone then.
    """
    tenant = get_tenant(tenant_id)
    now = now or timezone.now()
    with tenant_schema(tenant):
        days = read_policy().retention_days
    expired = Expired()
    while days and (batch := _let_go(tenant, now, days)).conversations:
        expired += batch
    with transaction.atomic(), tenant_schema(tenant):
        _remove_rows(list(_forgotten(now).values_list("pk", flat=True)))
    if expired.conversations:
        log.info("conversations let go", tenant=tenant.slug, number=expired.conversations, files=expired.files)
    return expired


def tenants_to_visit(*, now: datetime | None = None) -> Iterator[UUID]:
    """Yield the tenants that have anything to let go."""
    now = now or timezone.now()
    for tenant in Tenant.objects.filter(live_publication__isnull=False):
        with tenant_schema(tenant):
            days = read_policy().retention_days
            has_any = _forgotten(now).exists() or (days > 0 and _older(now, days).exists())
        if has_any:
            yield tenant.pk


def _let_go(tenant: Tenant, now: datetime, days: int) -> Expired:
    with transaction.atomic(), tenant_schema(tenant):
        oldest = _older(now, days).order_by("updated_at").select_for_update(skip_locked=True)
        ids = list(oldest.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return Expired()
        files = delete_files(tenant, files_of(ids))
        _remove_rows(ids)
        expired = Expired(len(ids), files)
        changes = {"conversations": len(ids), "files": files, "days": days}
        record("conversation.expire", actor=SYSTEM, tenant=tenant, changes=changes)
    return expired


def _older(now: datetime, days: int) -> QuerySet[Thread]:
    return Thread.objects.filter(deleted_at=None, updated_at__lt=now - timedelta(days=days))


def _forgotten(now: datetime) -> QuerySet[Thread]:
    return Thread.objects.filter(deleted_at__lt=now - EMPTY_ROWS_STAY)


def _remove_rows(ids: list[UUID]) -> None:
    """Delete threads; all that belongs to them goes by the database's own cascades."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute('DELETE FROM "Thread" WHERE id = ANY(%s)', [ids])
