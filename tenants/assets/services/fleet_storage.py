"""What many tenants keep in the public bucket, from their rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from psycopg import sql

from tenants.assets.services.quota import storage_limit
from tenants.registry.models import Tenant

__all__ = ["TenantStorage", "fleet_storage"]

_SCHEMAS_A_QUERY = 100
"""Each schema's table is locked for reading, and Postgres has room for some thousands of locks."""


@dataclass(frozen=True)
class TenantStorage:
    """What one tenant keeps, in objects and bytes, and the most bytes that it may."""

    tenant: Tenant
    objects: int
    used: int
    limit: int

    @property
    def share(self) -> int:
        """How much of the quota is used, in percent."""
        return round(100 * self.used / self.limit) if self.limit else 100 * bool(self.used)


def fleet_storage(tenants: Sequence[Tenant]) -> list[TenantStorage]:
    """Return what each of these live tenants keeps, in the same order; a query for each hundred of them."""
    counted: dict[UUID, tuple[int, int]] = {}
    for start in range(0, len(tenants), _SCHEMAS_A_QUERY):
        counted.update(_count(tenants[start : start + _SCHEMAS_A_QUERY]))
    return [TenantStorage(tenant, *counted[tenant.pk], storage_limit(tenant)) for tenant in tenants]


def _count(tenants: Sequence[Tenant]) -> dict[UUID, tuple[int, int]]:
    one = sql.SQL("SELECT {id}::uuid, count(*), coalesce(sum(size), 0)::bigint FROM {schema}.assets_storedobject")
    query = sql.SQL(" UNION ALL ").join(
        one.format(id=sql.Literal(str(tenant.pk)), schema=sql.Identifier(tenant.schema_name)) for tenant in tenants
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {tenant_id: (objects, used) for tenant_id, objects, used in cursor.fetchall()}
