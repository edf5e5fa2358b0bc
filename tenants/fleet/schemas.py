"""Which schemas lack migrations that the installed code has: read from their own records, many in one query."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from tenants.registry.models import Tenant

__all__ = ["LaggingSchema", "SchemaReport", "schema_report"]

_SCHEMAS_A_QUERY = 200
"""Each schema's table is locked for reading, and Postgres has room for some thousands of locks."""
PUBLIC = "public"
MOST_SHOWN = 20


@dataclass(frozen=True)
class LaggingSchema:
    """A schema and the migrations that it lacks (``app.name``); ``readable`` is False where it has no record of any."""

    schema: str
    tenant: Tenant | None
    missing: Sequence[str]
    readable: bool = True


@dataclass(frozen=True)
class SchemaReport:
    """How far the schemas are; ``looked_at`` is smaller than ``total`` where the time did not do for all."""

    total: int
    looked_at: int
    lagging: Sequence[LaggingSchema] = field(default=())

    @property
    def is_complete(self) -> bool:
        """Say whether every schema was looked at."""
        return self.looked_at == self.total

    @property
    def shown(self) -> Sequence[LaggingSchema]:
        """The first of those that lag behind."""
        return self.lagging[:MOST_SHOWN]


def schema_report(*, within_seconds: float = 3.0, clock: Callable[[], float] = time.monotonic) -> SchemaReport:
    """Compare the migrations on disk with those that each schema has, on this one connection.

    A query looks at two hundred schemas. No new one is begun once the time is over, and none takes longer than that.
    """
    ends_at = clock() + within_seconds
    tenants = list(Tenant.objects.only("pk", "name", "slug", "schema_name").order_by("slug"))
    wanted_of_tenants, wanted_of_public = _wanted(settings.TENANT_APPS), _wanted(settings.SHARED_APPS)
    schemas: list[tuple[str, Tenant | None]] = [(PUBLIC, None), *((tenant.schema_name, tenant) for tenant in tenants)]
    lagging = _look(schemas[:1], wanted_of_public, within_seconds)
    looked_at = 1
    for batch in _batches(schemas[1:]):
        if clock() >= ends_at:
            break
        lagging += _look(batch, wanted_of_tenants, within_seconds)
        looked_at += len(batch)
    return SchemaReport(len(schemas), looked_at, lagging)


def _wanted(entries: Sequence[str]) -> list[str]:
    """Return ``app.name`` of every migration of these apps; a squashed one counts where it is all there is."""
    labels = {config.label for config in apps.get_app_configs() if config.name in entries}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return sorted(f"{app}.{name}" for app, name in loader.disk_migrations if app in labels)


def _batches(schemas: Sequence[tuple[str, Tenant | None]]) -> Iterator[Sequence[tuple[str, Tenant | None]]]:
    for start in range(0, len(schemas), _SCHEMAS_A_QUERY):
        yield schemas[start : start + _SCHEMAS_A_QUERY]


def _look(schemas: Sequence[tuple[str, Tenant | None]], wanted: list[str], limit_seconds: float) -> list[LaggingSchema]:
    """Return those of a batch that lack something."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(limit_seconds * 1000))])
        cursor.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)",
            [[name for name, _ in schemas]],
        )
        recorded = {name for (name,) in cursor.fetchall()}
        missing: dict[str, list[str]] = {}
        if recorded:
            cursor.execute(_query(sorted(recorded), wanted))
            missing = dict(cursor.fetchall())
        # The rest of the page may take its own time.
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    return [
        LaggingSchema(name, tenant, missing.get(name, [] if name in recorded else wanted), name in recorded)
        for name, tenant in schemas
        if name not in recorded or missing.get(name)
    ]


def _query(schemas: Sequence[str], wanted: list[str]) -> sql.Composed:
    one = sql.SQL(
        "SELECT {name}::text, ARRAY(SELECT w.name FROM wanted w WHERE NOT EXISTS"
        " (SELECT FROM {schema}.django_migrations m WHERE m.app || '.' || m.name = w.name) ORDER BY w.name)"
    )
    rows = sql.SQL(" UNION ALL ").join(
        one.format(name=sql.Literal(name), schema=sql.Identifier(name)) for name in schemas
    )
    wanted_rows = sql.SQL("WITH wanted AS MATERIALIZED (SELECT unnest({names}::text[]) AS name) ").format(
        names=sql.Literal(wanted)
    )
    return wanted_rows + rows
