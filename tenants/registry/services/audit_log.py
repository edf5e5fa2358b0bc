"""Reading the audit log across all tenants: filters, pages and export, each by an index and never counted through."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from psycopg import sql

from tenants.contract.roles import Permission
from tenants.contract.spreadsheets import csv_line
from tenants.registry.actor import Actor
from tenants.registry.models import AuditEntry
from tenants.registry.services.auditing import record

__all__ = ["AuditPage", "AuditSearch", "export_audit", "find_audit", "known_actions", "known_methods"]

PER_PAGE = 50
_BATCH = 2000
_COLUMNS = ("time", "tenant", "actor kind", "actor", "action", "target", "address", "method", "changes")

# One step of the index a value, where DISTINCT would read every row.
_VALUES = sql.SQL(
    "WITH RECURSIVE known AS ("
    "(SELECT {column} AS value FROM registry_auditentry ORDER BY {column} LIMIT 1) UNION ALL"
    " SELECT (SELECT {column} FROM registry_auditentry WHERE {column} > value ORDER BY {column} LIMIT 1) FROM known"
    " WHERE value IS NOT NULL) SELECT value FROM known WHERE value <> ''"
)


@dataclass(frozen=True, kw_only=True)
class AuditSearch:
    """What is looked for; empty values ask for nothing. ``actor`` and ``address`` are what those begin with."""

    tenant: str = ""
    actor: str = ""
    action: str = ""
    address: str = ""
    method: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Entries before this moment."""

    def entries(self) -> QuerySet[AuditEntry]:
        """Return what is found, newest first."""
        found = AuditEntry.objects.order_by("-at", "-id")
        exact = {"tenant_slug": self.tenant, "action": self.action, "method": self.method}
        found = found.filter(**{name: value for name, value in exact.items() if value})
        if self.actor:
            found = found.filter(actor__startswith=self.actor)
        if self.address:
            found = found.filter(address__startswith=self.address)
        if self.since:
            found = found.filter(at__gte=self.since)
        if self.until:
            found = found.filter(at__lt=self.until)
        return found


@dataclass(frozen=True)
class AuditPage:
    """Some entries, newest first, and the id after which older ones follow; None where there are none."""

    entries: list[AuditEntry]
    older_than: int | None


def find_audit(search: AuditSearch, *, older_than: int | None = None, limit: int = PER_PAGE) -> AuditPage:
    """Return a page of what is found, after the entry ``older_than``; one that there is not begins anew."""
    found = list(_after(search.entries(), older_than)[: limit + 1])
    return AuditPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def export_audit(search: AuditSearch, *, actor: Actor) -> Iterator[str]:
    """Yield the lines of a CSV file of all that is found, and write down who took it; two thousand rows are held.

    The entry of the export itself, and what comes later, is not in the file.
    """
    actor.expect(Permission.OPERATE)
    newest = AuditEntry.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    asked = {name: str(value) for name, value in vars(search).items() if value}
    record("audit.export", actor=actor, changes=asked)
    return _lines(search, newest)


def known_actions() -> list[str]:
    """Return every action that was ever written down."""
    return _values("action")


def known_methods() -> list[str]:
    """Return every way to sign in that was ever written down."""
    return _values("method")


def _values(column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(column=sql.Identifier(column)))
        return [value for (value,) in cursor.fetchall()]


def _lines(search: AuditSearch, newest: int) -> Iterator[str]:
    yield csv_line(_COLUMNS)
    found, last = search.entries().filter(pk__lte=newest), None
    while batch := list(_after(found, last)[:_BATCH]):
        last = batch[-1].pk
        yield "".join(csv_line(_cells(entry)) for entry in batch)


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    changes = "; ".join(f"{name}: {value}" for name, value in entry.changes.items())
    return (
        entry.at.isoformat(), entry.tenant_slug, entry.actor_kind, entry.actor, entry.action, entry.target,
        entry.address, entry.method, changes,
    )  # fmt: skip


def _after(found: QuerySet[AuditEntry], older_than: int | None) -> QuerySet[AuditEntry]:
    at = AuditEntry.objects.filter(pk=older_than).values_list("at", flat=True).first() if older_than else None
    if at is None:
        return found
    # The first condition says what the second implies, in the form that an index begins with.
    return found.filter(at__lte=at).filter(Q(at__lt=at) | Q(id__lt=older_than))
