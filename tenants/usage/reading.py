"""What the figures say: of one tenant for its people and operators, of all tenants for operators.

Days are UTC. Every series ends with today and has each day, also those on which nothing was counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from tenants.contract.usage import ANSWER_BOUNDS, answer_quantile
from tenants.registry.models import Tenant
from tenants.usage.models import KnownPerson, ModelTokens, TenantDay

__all__ = [
    "DayOfUse", "UsageReport", "days_of_tenant", "days_of_tenants", "messages_of_tenants", "report_use", "today",
]  # fmt: skip

MEDIAN, SLOW = 0.5, 0.95
BUCKETS = len(ANSWER_BOUNDS) + 1


@dataclass(frozen=True)
class DayOfUse:
    """The figures of one day."""

    day: date
    messages: int = 0
    people: int = 0
    errors: int = 0
    tokens: int = 0
    storage_bytes: int | None = None
    answers: Sequence[int] = field(default=(), repr=False)

    @property
    def median_seconds(self) -> float | None:
        """Within how many seconds half of the answers were there."""
        return answer_quantile(self.answers, MEDIAN)

    @property
    def slow_seconds(self) -> float | None:
        """Within how many seconds 95 of 100 answers were there."""
        return answer_quantile(self.answers, SLOW)


@dataclass(frozen=True)
class UsageReport:
    """A tenant's use in the days up to today; ``people`` are the different ones of all days together."""

    days: Sequence[DayOfUse]
    people: int
    models: Sequence[tuple[str, int]]
    """Tokens by the name of the model, which may be empty; the most used first."""

    @property
    def messages(self) -> int:
        """How many messages people sent."""
        return sum(day.messages for day in self.days)

    @property
    def errors(self) -> int:
        """How often the app failed."""
        return sum(day.errors for day in self.days)

    @property
    def tokens(self) -> int:
        """How many tokens the app has told of."""
        return sum(day.tokens for day in self.days)

    @property
    def median_seconds(self) -> float | None:
        """Within how many seconds half of all answers were there."""
        return answer_quantile(self._answers, MEDIAN)

    @property
    def slow_seconds(self) -> float | None:
        """Within how many seconds 95 of 100 answers were there."""
        return answer_quantile(self._answers, SLOW)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing at all was counted."""
        return not any((self.messages, self.errors, self.tokens))

    @property
    def _answers(self) -> list[int]:
        counted = [day.answers for day in self.days if len(day.answers) == BUCKETS]
        return [sum(bucket) for bucket in zip(*counted, strict=True)]


def today() -> date:
    """Return the day that is counted now."""
    return timezone.now().date()


def report_use(tenant: Tenant, *, days: int) -> UsageReport:
    """Return what a tenant was used in so many days, today among them."""
    first = _first(days)
    tokens = ModelTokens.objects.filter(tenant=tenant, day__gte=first)
    models = tokens.values_list("model").annotate(used=Sum("tokens")).order_by("-used", "model")
    people = KnownPerson.objects.filter(tenant=tenant, last_day__gte=first).count()
    return UsageReport(days_of_tenant(tenant, days=days), people, [(model, int(used)) for model, used in models])


def days_of_tenant(tenant: Tenant, *, days: int) -> list[DayOfUse]:
    """Return a tenant's days, oldest first."""
    rows = TenantDay.objects.filter(tenant=tenant, day__gte=_first(days))
    found = {
        row.day: DayOfUse(
            row.day, row.messages, row.people, row.errors, row.tokens, row.storage_bytes, tuple(row.answers)
        )
        for row in rows
    }
    return [found.get(day) or DayOfUse(day) for day in _each(days)]


def days_of_tenants(*, days: int) -> list[DayOfUse]:
    """Return the days of all tenants together, oldest first; people count once at each tenant."""
    rows = TenantDay.objects.filter(day__gte=_first(days)).order_by().values("day")
    sums = rows.annotate(
        all_messages=Sum("messages"), all_people=Sum("people"), all_errors=Sum("errors"), all_tokens=Sum("tokens")
    )
    found = {
        row["day"]: DayOfUse(
            row["day"], int(row["all_messages"]), int(row["all_people"]), int(row["all_errors"]), int(row["all_tokens"])
        )
        for row in sums
    }
    return [found.get(day) or DayOfUse(day) for day in _each(days)]


def messages_of_tenants(tenant_ids: Iterable[UUID], *, days: int) -> dict[UUID, list[int]]:
    """Return the messages of each day, oldest first, for each of these tenants; one query."""
    rows = TenantDay.objects.filter(tenant_id__in=list(tenant_ids), day__gte=_first(days))
    found: dict[UUID, dict[date, int]] = {}
    for tenant_id, day, messages in rows.values_list("tenant_id", "day", "messages"):
        found.setdefault(tenant_id, {})[day] = messages
    return {tenant_id: [counted.get(day, 0) for day in _each(days)] for tenant_id, counted in found.items()}


def _first(days: int) -> date:
    return today() - timedelta(days=days - 1)


def _each(days: int) -> list[date]:
    first = _first(days)
    return [first + timedelta(days=number) for number in range(days)]
