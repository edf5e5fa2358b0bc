"""The first page: the fleet at a glance, to the extent that the operator may see it."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest

from tenants.assets.services.waiting import waiting_files
from tenants.registry.models import Provisioning, ProvisioningState, Publication, Tenant

__all__ = ["dashboard_context"]

NEWEST = 8


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the index with its counts and lists; unfold calls it (``DASHBOARD_CALLBACK``)."""
    user = request.user
    may_create = user.has_perm("registry.add_tenant")
    context.update(title="Dashboard", may_create=may_create, sees_nothing=not context.get("app_list"))
    if user.has_perm("registry.view_tenant"):
        context["counts"] = _counts()
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
