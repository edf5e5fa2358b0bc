"""Checks of tenants' files that operators ask for: the worker does them, the audit log keeps what came of them.

Both the asking and the report are entries of the audit log, so who checked what and when stays known as long as that
does, and the newest entries say what is under way. A tenant's check has the tenant's id, one of all tenants none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from tenants.assets.manifest import NamedObject
from tenants.assets.models import ROLE_LABELS
from tenants.assets.services.inspection import find_orphans, repush_assets, unknown_prefixes, verify_assets
from tenants.contract.errors import UnavailableError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant
from tenants.registry.services.auditing import record

__all__ = ["Check", "CheckReport", "last_reports", "request_check", "request_fleet_check", "run_check", "start_checks"]

CHECK_TASK = "tenants.assets.tasks.check_tenant_assets"
FLEET_TASK = "tenants.assets.tasks.check_all_assets"
_MOST_LINES = 20


class Check(StrEnum):
    """What operators can have done with a tenant's published files."""

    VERIFY = "verify"
    """Read every file that the live revision names and compare it."""
    REPUSH = "repush"
    """Store every file that the live revision names again."""
    ORPHANS = "orphans"
    """List what bucket and rows do not agree about; nothing is deleted."""

    @property
    def asked(self) -> str:
        """The action under which the audit log keeps that it was asked for."""
        return f"storage.ask_{self}"

    @property
    def done(self) -> str:
        """The action under which the audit log keeps what came of it."""
        return f"storage.{self}"


@dataclass(frozen=True)
class CheckReport:
    """The newest check of a kind: when it was asked for, and what it found where it has ended."""

    asked_at: datetime | None
    asked_by: str
    ended_at: datetime | None
    sentence: str
    lines: tuple[str, ...] = ()
    is_well: bool = True

    @property
    def is_under_way(self) -> bool:
        """Whether the worker has still to say what it found."""
        return self.ended_at is None


def request_check(tenant_id: UUID | str, check: Check, *, actor: Actor) -> None:
    """Have the worker check one tenant's files; raises ``NotFoundError`` (``tenant_not_found``)."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        record(check.asked, actor=actor, tenant=tenant)
        enqueue_after_commit(CHECK_TASK, str(tenant.pk), check.value, actor.kind.value, actor.label)


def request_fleet_check(check: Check, *, actor: Actor) -> None:
    """Have the worker check the files of all live tenants, one after the other."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        record(check.asked, actor=actor)
        enqueue_after_commit(FLEET_TASK, check.value, actor.kind.value, actor.label)


def start_checks(check: Check, *, actor: Actor) -> int:
    """Enqueue a check for each live tenant and return how many; an orphan report names unknown prefixes itself."""
    actor.expect(Permission.OPERATE)
    tenants = Tenant.objects.filter(live_publication__isnull=False).order_by("slug").values_list("pk", flat=True)
    for tenant_id in tenants:
        enqueue_after_commit(CHECK_TASK, str(tenant_id), check.value, actor.kind.value, actor.label)
    if check is Check.ORPHANS:
        _report(check, actor=actor, tenant=None, changes=_unknown())
    return len(tenants)


def run_check(tenant_id: UUID | str, check: Check, *, actor: Actor) -> None:
    """Check one tenant's files and write what was found into the audit log, also that the store does not answer."""
    actor.expect(Permission.OPERATE)
    tenant = get_tenant(tenant_id)
    try:
        match check:
            case Check.VERIFY:
                changes = _verified(tenant)
            case Check.REPUSH:
                changes = _repushed(tenant)
            case Check.ORPHANS:
                changes = _orphans(tenant)
    except UnavailableError as error:
        changes = {"sentence": error.message, "well": False}
    _report(check, actor=actor, tenant=tenant, changes=changes)


def last_reports(tenant_ids: Iterable[UUID], check: Check) -> dict[UUID, CheckReport]:
    """Return the newest check of a kind for each tenant that has had one."""
    entries = (
        AuditEntry.objects.filter(tenant_id__in=list(tenant_ids), action__in=(check.asked, check.done))
        .order_by("tenant_id", "action", "-id")
        .distinct("tenant_id", "action")
    )
    found: dict[UUID, dict[str, AuditEntry]] = {}
    for entry in entries:
        if entry.tenant_id is not None:
            found.setdefault(entry.tenant_id, {})[entry.action] = entry
    return {
        tenant_id: _combined(actions.get(check.asked), actions.get(check.done)) for tenant_id, actions in found.items()
    }


def _combined(asked: AuditEntry | None, done: AuditEntry | None) -> CheckReport:
    if done is None or (asked is not None and asked.id > done.id):
        return CheckReport(asked.at if asked else None, asked.actor if asked else "", None, "Under way")
    return CheckReport(
        asked_at=asked.at if asked else None,
        asked_by=done.actor,
        ended_at=done.at,
        sentence=str(done.changes.get("sentence", "")),
        lines=tuple(done.changes.get("lines", ())),
        is_well=bool(done.changes.get("well")),
    )


def _verified(tenant: Tenant) -> dict[str, object]:
    wrong = [f"{_label(finding.named)}: {finding.problem}, {finding.named.key}" for finding in verify_assets(tenant.pk)]
    said = f"{_count(wrong, 'file')} not as published" if wrong else "Every file is as it was published"
    return {"sentence": said, "lines": wrong[:_MOST_LINES], "well": not wrong}


def _repushed(tenant: Tenant) -> dict[str, object]:
    stored: list[str] = []
    lost: list[str] = []
    for named, found in repush_assets(tenant.pk):
        (stored if found else lost).append(f"{_label(named)}: found nowhere, {named.key}")
    said = f"{_count(stored, 'object')} stored again" + (f", {len(lost)} found nowhere" if lost else "")
    return {"sentence": said, "lines": lost[:_MOST_LINES], "well": not lost}


def _orphans(tenant: Tenant) -> dict[str, object]:
    orphans = find_orphans(tenant)
    lines = [f"without an object: {key}" for key in orphans.missing]
    lines += [f"without a row: {entry.key}" for entry in orphans.unnoted]
    lines += [f"left over: {entry.key}, {entry.size:,} bytes" for entry in orphans.left_over]
    said = f"{_count(lines, 'object')} to look at" if lines else "Bucket and rows agree"
    return {"sentence": said, "lines": lines[:_MOST_LINES], "well": not lines}


def _unknown() -> dict[str, object]:
    try:
        prefixes = unknown_prefixes()
    except UnavailableError as error:
        return {"sentence": error.message, "well": False}
    said = f"{_count(prefixes, 'folder')} of nobody in the bucket" if prefixes else "Every folder belongs to a tenant"
    return {"sentence": said, "lines": prefixes[:_MOST_LINES], "well": not prefixes}


def _report(check: Check, *, actor: Actor, tenant: Tenant | None, changes: dict[str, object]) -> None:
    record(check.done, actor=actor, tenant=tenant, changes=changes)


def _count(found: list[str], noun: str) -> str:
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def _label(named: NamedObject) -> str:
    label = ROLE_LABELS[named.asset.role]
    return f"{label} {named.asset.name}" if named.asset.name else label
