"""Files of all tenants that wait for an operator's word, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from psycopg import sql

from tenants.assets.models import ROLE_LABELS, AssetState
from tenants.registry.models import AuditEntry, Tenant

__all__ = ["WAIT_ACTION", "WaitingFile", "waiting_files"]

WAIT_ACTION = "asset.wait"
"""What the audit log keeps of a file that has begun to wait."""
_SCHEMAS_A_QUERY = 100


@dataclass(frozen=True)
class WaitingFile:
    """A file that waits, and whose."""

    tenant: Tenant
    asset_id: UUID
    role: str
    name: str
    file_name: str
    uploaded_by: str
    created_at: datetime

    @property
    def label(self) -> str:
        """Return what the file is for."""
        label = next(text for role, text in ROLE_LABELS.items() if role.value == self.role)
        return f"{label}: {self.name}" if self.name else label


def waiting_files() -> list[WaitingFile]:
    """Return every file that waits. Only tenants are asked in which one ever has, as the audit log says."""
    ever = AuditEntry.objects.filter(action=WAIT_ACTION).order_by().values("tenant_id").distinct()
    tenants = list(Tenant.objects.filter(live_publication__isnull=False, pk__in=ever))
    found = [
        file
        for start in range(0, len(tenants), _SCHEMAS_A_QUERY)
        for file in _read(tenants[start : start + _SCHEMAS_A_QUERY])
    ]
    return sorted(found, key=lambda file: file.created_at)


def _read(tenants: Sequence[Tenant]) -> list[WaitingFile]:
    one = sql.SQL(
        "SELECT {number}::int, id, role, name, original_name, uploaded_by, created_at"
        " FROM {schema}.assets_asset WHERE state = {waiting}"
    )
    query = sql.SQL(" UNION ALL ").join(
        one.format(
            number=sql.Literal(number),
            schema=sql.Identifier(tenant.schema_name),
            waiting=sql.Literal(AssetState.WAITING.value),
        )
        for number, tenant in enumerate(tenants)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [WaitingFile(tenants[number], *values) for number, *values in cursor.fetchall()]
