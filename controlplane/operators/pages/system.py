"""How the platform is: components, runtimes, queue, scheduled tasks and the schemas' migrations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from controlplane.health import ComponentState, component_states, gateway_state
from controlplane.operators.pages.admin_page import AdminPage
from controlplane.task_runs import queue_state, scheduled_runs
from tenants.fleet.runtimes import runtimes_now
from tenants.fleet.schemas import schema_report

__all__ = ["SystemPage"]

TITLES: dict[str, Promise] = {
    "database": _("Postgres"),
    "broker": _("Redis or Valkey"),
    "storage": _("Object store"),
    "worker": _("Worker"),
    "beat": _("Beat"),
    "runtime": _("Runtime"),
    "gateway": _("Gateway"),
}


@dataclass(frozen=True)
class _Component:
    title: Promise
    state: ComponentState


class SystemPage(AdminPage):
    """Every part as it is at this moment. What cannot be read says so, and the rest of the page is there."""

    template_name = "operators/system.html"

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking is all there is."""
        return bool(self.model_admin.has_view_permission(request))

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show the page."""
        components = [_Component(TITLES[state.name], state) for state in (*component_states(), gateway_state())]
        return self.page(
            gettext("System"),
            components=components,
            troubled=sum(component.state.ok is False for component in components),
            fleet=runtimes_now(),
            queue=_unless_away(queue_state),
            runs=_unless_away(scheduled_runs),
            schemas=_unless_away(schema_report),
            now=timezone.now(),
        )


def _unless_away(read: Callable[[], Any]) -> Any:
    """Return what a part of the page is about, None while its store does not answer."""
    try:
        return read()
    except (redis.RedisError, DatabaseError):
        return None
