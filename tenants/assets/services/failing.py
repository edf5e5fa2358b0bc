"""Files of all tenants that did not get to be published: refused with a reason, or stuck on the way; newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg import sql

from tenants.assets.models import ROLE_LABELS, AssetState
from tenants.registry.models import AuditEntry, Tenant

__all__ = ["FailingFile", "failing_files"]

PUSH_ACTIONS = ("asset.receive", "asset.fetch", "asset.approve", "asset.fail")
LOOKED_BACK = timedelta(days=7)
STUCK_AFTER = timedelta(minutes=10)
_SCHEMAS_A_QUERY = 100


@dataclass(frozen=True)
class FailingFile:
    """A file that failed and that nothing newer has replaced, or that the worker does not come to an end of."""

    tenant: Tenant
    asset_id: UUID
    role: str
    name: str
    file_name: str
    is_stuck: bool
    reason: str
    attempts: int
    created_at: datetime

    @property
    def label(self) -> str:
        """Return what the file is for."""
        label = next(text for role, text in ROLE_LABELS.items() if role.value == self.role)
        return f"{label}: {self.name}" if self.name else label


def failing_files() -> list[FailingFile]:
    """Return the files of the last seven days. Only tenants are asked that pushed any, as the audit log says."""
    since = timezone.now() - LOOKED_BACK
    pushed = AuditEntry.objects.filter(action__in=PUSH_ACTIONS, at__gte=since).order_by().values("tenant_id").distinct()
    tenants = list(Tenant.objects.filter(live_publication__isnull=False, pk__in=pushed))
    found = [
        file
        for start in range(0, len(tenants), _SCHEMAS_A_QUERY)
        for file in _read(tenants[start : start + _SCHEMAS_A_QUERY], since)
    ]
    return sorted(found, key=lambda file: file.created_at, reverse=True)


def _read(tenants: Sequence[Tenant], since: datetime) -> list[FailingFile]:
    one = sql.SQL(
        "SELECT {number}::int, id, role, name, original_name, state = {received}, reason, attempts, created_at"
        " FROM {schema}.assets_asset AS file WHERE"
        " (state = {failed} AND created_at >= {since} AND NOT EXISTS (SELECT FROM {schema}.assets_asset AS newer"
        " WHERE (newer.role, newer.name) = (file.role, file.name) AND newer.created_at > file.created_at))"
        " OR (state = {received} AND created_at < now() - {stuck}::interval)"
    )
    query = sql.SQL(" UNION ALL ").join(
        one.format(
            number=sql.Literal(number),
            schema=sql.Identifier(tenant.schema_name),
            failed=sql.Literal(AssetState.FAILED.value),
            received=sql.Literal(AssetState.RECEIVED.value),
            since=sql.Literal(since),
            stuck=sql.Literal(STUCK_AFTER),
        )
        for number, tenant in enumerate(tenants)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [FailingFile(tenants[number], *values) for number, *values in cursor.fetchall()]
