"""The first page: the fleet at a glance, to the extent that the operator may see it."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from django.db.models import Count
from django.http import HttpRequest

from tenants.assets.services.waiting import waiting_files
from tenants.registry.models import Provisioning, ProvisioningState, Publication, Tenant
from tenants.usage.charts import Chart, Series, as_count, draw_chart
from tenants.usage.reading import DayOfUse, days_of_tenants

__all__ = ["dashboard_context"]

NEWEST = 8
CHART_DAYS = 30


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the index with its counts and lists; unfold calls it (``DASHBOARD_CALLBACK``)."""
    user = request.user
    may_create = user.has_perm("registry.add_tenant")
    context.update(title="Dashboard", may_create=may_create, sees_nothing=not context.get("app_list"))
    if user.has_perm("registry.view_tenant"):
        context["counts"] = _counts()
        context.update(_use())
        context["waiting"] = waiting_files()
    if user.has_perm("registry.view_publication"):
        context["publications"] = list(Publication.objects.select_related("tenant").order_by("-created_at")[:NEWEST])
    if user.has_perm("registry.view_provisioning") or may_create:
        unfinished = Provisioning.objects.filter(state__in=[*Provisioning.OPEN_STATES, ProvisioningState.FAILED])
        context["provisionings"] = list(unfinished[:NEWEST])
    return context


def _counts() -> list[dict[str, object]]:
    live = Tenant.objects.filter(live_publication__isnull=False)
    by_status = dict(live.values_list("status").annotate(number=Count("pk")).order_by())
    return [
        {"title": status.label, "status": status.value, "number": by_status.get(status.value, 0)}
        for status in Tenant.Status
    ]


def _use() -> dict[str, object]:
    """Return what all tenants together were used today, and the plots of the last days."""
    days = days_of_tenants(days=CHART_DAYS)
    now = days[-1]
    figures = (
        ("Messages today", now.messages), ("Active people today", now.people), ("Errors today", now.errors),
        ("Tokens today", now.tokens),
    )  # fmt: skip
    return {
        "use": [(title, as_count(number)) for title, number in figures],
        "charts": [
            _plot("Messages", days, [day.messages for day in days]),
            _plot("Active people", days, [day.people for day in days]),
            _plot("Errors", days, [day.errors for day in days]),
            _plot("Tenants", days, _tenants_by_day(days)),
        ],
    }


def _plot(title: str, days: Sequence[DayOfUse], values: Sequence[int]) -> Chart:
    return draw_chart(title, days, [Series(title, list(values))])


def _tenants_by_day(days: Sequence[DayOfUse]) -> list[int]:
    """Return how many of the tenants there are now were there on each day."""
    made = Tenant.objects.filter(live_publication__isnull=False).order_by()
    before = made.filter(created_at__date__lt=days[0].day).count()
    later = made.filter(created_at__date__gte=days[0].day)
    added = dict(later.values_list("created_at__date").annotate(number=Count("pk")))
    return list(accumulate((added.get(day.day, 0) for day in days), initial=before))[1:]
