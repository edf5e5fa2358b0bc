"""What the control plane does with the figures of use: it adds what only it knows, and removes what is old."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone

from tenants.usage.models import KnownPerson, ModelTokens, TenantDay, Writer
from tenants.usage.reading import today

__all__ = ["note_storage", "prune_usage"]

log = structlog.get_logger(__name__)

WRITER_DAYS = 7
"""How long a process' last number is kept: longer than any process waits to offer a batch again."""


def note_storage(used: Mapping[UUID, int]) -> None:
    """Write down how many bytes tenants' files take today, by tenant id."""
    day = today()
    # In the order in which runtimes lock the same rows.
    rows = [TenantDay(tenant_id=tenant_id, day=day, storage_bytes=used[tenant_id]) for tenant_id in sorted(used)]
    TenantDay.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["tenant", "day"],
        update_fields=["storage_bytes"],
    )


def prune_usage() -> int:
    """Remove figures, and what is known of people, that are older than ``USAGE_DAYS``; return how many rows."""
    first = today() - timedelta(days=settings.ENVIRONMENT.usage_days)
    old_writers = Writer.objects.filter(stored_at__lt=timezone.now() - timedelta(days=WRITER_DAYS))
    removed = sum(
        old.delete()[0]
        for old in (
            TenantDay.objects.filter(day__lt=first),
            ModelTokens.objects.filter(day__lt=first),
            KnownPerson.objects.filter(last_day__lt=first),
            old_writers,
        )
    )
    if removed:
        log.info("old usage removed", rows=removed)
    return removed
