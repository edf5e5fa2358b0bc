"""Which runtimes there are, by the rows that they renew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from tenants.fleet.models import RuntimeProcess
from tenants.registry.models import Tenant

__all__ = ["ALIVE_SECONDS", "FleetNow", "RuntimeNow", "runtimes_now"]

ALIVE_SECONDS = 20.0
"""A runtime renews its row every five seconds; one that has not for so long is taken for gone."""
KEPT = timedelta(minutes=10)
MOST = 500


@dataclass(frozen=True)
class RuntimeNow:
    """A runtime and how long ago it was seen."""

    process: RuntimeProcess
    silent_seconds: float
    line_silent_seconds: float | None
    """For how long the line of publications has given no sign; None before the first."""
    heard_tenant_name: str = ""

    @property
    def is_alive(self) -> bool:
        """Say whether it still renews its row."""
        return self.silent_seconds < ALIVE_SECONDS

    @property
    def is_well(self) -> bool:
        """Say whether it takes visitors and serves them what is live."""
        return self.is_alive and self.process.serving and self.process.listening and not self.process.behind


@dataclass(frozen=True)
class FleetNow:
    """All runtimes that were there in the last minutes."""

    runtimes: Sequence[RuntimeNow]

    @property
    def alive(self) -> list[RuntimeNow]:
        """Those that are there now."""
        return [runtime for runtime in self.runtimes if runtime.is_alive]

    @property
    def open_chats(self) -> int:
        """How many chats are connected now."""
        return sum(runtime.process.open_chats for runtime in self.alive)

    @property
    def behind(self) -> int:
        """The most tenants that any of them serves by an older revision."""
        return max((runtime.process.behind for runtime in self.alive), default=0)

    @property
    def troubled(self) -> int:
        """How many are silent, deaf to publications, behind, or take no visitors."""
        return sum(not runtime.is_well for runtime in self.runtimes)


def runtimes_now() -> FleetNow:
    """Return the runtimes that were seen in the last ten minutes, the most silent last; two queries."""
    rows = list(
        RuntimeProcess.objects.filter(seen_at__gt=Now() - KEPT).annotate(now=Now()).order_by("-seen_at", "name")[:MOST]
    )
    heard = {row.heard_tenant for row in rows if row.heard_tenant}
    names = dict(Tenant.objects.filter(pk__in=heard).values_list("pk", "name")) if heard else {}
    runtimes = [
        RuntimeNow(
            row,
            silent_seconds=_seconds(row.now, row.seen_at),
            line_silent_seconds=_seconds(row.seen_at, row.confirmed_at) if row.confirmed_at else None,
            heard_tenant_name=names.get(row.heard_tenant, ""),
        )
        for row in rows
    ]
    return FleetNow(sorted(runtimes, key=lambda runtime: (not runtime.is_alive, runtime.process.name)))


def _seconds(later: datetime, earlier: datetime) -> float:
    return max(0.0, (later - earlier).total_seconds())
