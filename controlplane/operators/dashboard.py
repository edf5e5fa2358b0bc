"""The first page: the fleet at a glance, to the extent that the operator may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import redis
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from controlplane.operators.templatetags.operators import duration
from controlplane.task_runs import queue_state
from tenants.assets.services.failing import failing_files
from tenants.assets.services.waiting import waiting_files
from tenants.fleet.runtimes import runtimes_now
from tenants.registry.models import Provisioning, ProvisioningState, Publication, Tenant
from tenants.usage.charts import Chart, Series, as_count, draw_chart
from tenants.usage.reading import DayOfUse, days_of_tenants

__all__ = ["dashboard_context"]

NEWEST = 8
CHART_DAYS = 30
LONG_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Tile:
    """A figure of this moment and the address where one can do something about it."""

    title: str
    figure: str
    note: str
    address: str
    bad: bool = False


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the index with its counts and lists; unfold calls it (``DASHBOARD_CALLBACK``)."""
    user = request.user
    may_create = user.has_perm("registry.add_tenant")
    context.update(title="Dashboard", may_create=may_create, sees_nothing=not context.get("app_list"))
    if user.has_perm("registry.view_tenant"):
        context["counts"] = _counts()
        context.update(_use())
        context["waiting"] = waiting_files()
        failing = failing_files()
        context.update(failing=failing[:NEWEST], tiles=[_failing(len(failing))])
    if user.has_perm("fleet.view_runtimeprocess"):
        context["tiles"] = [*_now(), *context.get("tiles", [])]
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


def _now() -> list[Tile]:
    """Return how the fleet is at this moment, each with the place where more is said."""
    system = reverse("admin:fleet_runtimeprocess_changelist")
    fleet = runtimes_now()
    troubled = ngettext("%(number)d needs a look", "%(number)d need a look", fleet.troubled) % {
        "number": fleet.troubled
    }
    behind = ngettext("%(number)d tenant behind", "%(number)d tenants behind", fleet.behind) % {"number": fleet.behind}
    return [
        Tile(gettext("Active chats"), as_count(fleet.open_chats), gettext("connected now"), f"{system}#runtimes"),
        Tile(
            gettext("Runtimes"),
            as_count(len(fleet.alive)),
            troubled if fleet.troubled else gettext("all well"),
            f"{system}#runtimes",
            bad=bool(fleet.troubled or not fleet.alive),
        ),
        Tile(
            gettext("Revision lag"),
            as_count(fleet.behind),
            behind if fleet.behind else gettext("every edit is served"),
            f"{system}#runtimes",
            bad=bool(fleet.behind),
        ),
        _queue(system),
    ]


def _queue(system: str) -> Tile:
    title, address = gettext("Queue"), f"{system}#queue"
    try:
        queue = queue_state()
    except redis.RedisError:
        return Tile(title, "?", gettext("cannot be read"), address, bad=True)
    if queue.oldest_seconds is None:
        return Tile(title, as_count(queue.waiting), gettext("tasks wait"), address)
    oldest = gettext("the oldest for %(time)s") % {"time": duration(queue.oldest_seconds)}
    return Tile(title, as_count(queue.waiting), oldest, address, bad=queue.oldest_seconds > LONG_WAIT_SECONDS)


def _failing(number: int) -> Tile:
    note = gettext("files in the last seven days")
    return Tile(gettext("Failing pushes"), as_count(number), note, "#failing", bad=bool(number))


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
