"""The checks of tenants' files as the pages name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from tenants.assets.services.checking import Check, CheckReport, last_reports
from tenants.registry.models import AuditEntry, Tenant

__all__ = ["CHECKS", "FleetCheck", "ShownCheck", "fleet_check", "tenant_checks"]


@dataclass(frozen=True)
class ShownCheck:
    """A check with its button and its newest report."""

    name: str
    button: str
    help: str
    report: CheckReport | None = None


CHECKS: Mapping[Check, ShownCheck] = {
    Check.VERIFY: ShownCheck("verify", "Verify", "Read every published file and compare it with what is published."),
    Check.REPUSH: ShownCheck("repush", "Store again", "Put every published file into the bucket once more."),
    Check.ORPHANS: ShownCheck("orphans", "Orphan report", "List what bucket and rows disagree about. Deletes nothing."),
}


def tenant_checks(tenant_id: UUID) -> list[ShownCheck]:
    """Return the checks of one tenant with their newest reports."""
    return [
        ShownCheck(shown.name, shown.button, shown.help, last_reports([tenant_id], check).get(tenant_id))
        for check, shown in CHECKS.items()
    ]


@dataclass(frozen=True)
class FleetCheck:
    """The newest check of all tenants of one kind: how many have been reported on since it was asked for."""

    name: str
    button: str
    help: str
    asked: AuditEntry | None
    done: int
    total: int
    troubled: int
    unknown: AuditEntry | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether tenants are left of which nothing is known yet."""
        return self.asked is not None and self.done < self.total


def fleet_check(check: Check, live: QuerySet[Tenant]) -> FleetCheck:
    """Return how far the newest check of all tenants is."""
    shown = CHECKS[check]
    asked = AuditEntry.objects.filter(tenant_id=None, action=check.asked).first()
    if asked is None:
        return FleetCheck(shown.name, shown.button, shown.help, None, 0, 0, 0)
    reports = AuditEntry.objects.filter(action=check.done, id__gt=asked.id)
    # The newest report of each tenant, for one may have been checked by itself meanwhile.
    newest = reports.filter(tenant_id__in=live.values("pk")).order_by("tenant_id", "-id").distinct("tenant_id")
    return FleetCheck(
        shown.name,
        shown.button,
        shown.help,
        asked,
        done=newest.count(),
        total=live.filter(created_at__lte=asked.at).count(),
        troubled=AuditEntry.objects.filter(pk__in=newest.values("pk"), changes__well=False).count(),
        unknown=reports.filter(tenant_id=None).first(),
    )
