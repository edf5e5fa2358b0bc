"""What the whole fleet stores: tenants by use, and the checks of all of them."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controlplane.operators.checks import CHECKS, fleet_check
from controlplane.operators.pages.admin_page import AdminPage
from tenants.assets.services.checking import Check, last_reports, request_fleet_check
from tenants.assets.services.fleet_storage import TenantStorage, fleet_storage
from tenants.registry.models import Tenant

__all__ = ["StoragePage"]

PER_PAGE = 50
ORDERS = {
    "used": ("Use", lambda row: (-row.used, row.tenant.name)),
    "share": ("Share of quota", lambda row: (-row.share, row.tenant.name)),
    "name": ("Name", lambda row: row.tenant.name.lower()),
}


class StoragePage(AdminPage):
    """Tenants with what they store, to search and to sort, with totals and the newest results."""

    template_name = "operators/storage.html"
    url_name: ClassVar = "admin:registry_tenant_storage"

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking needs the view permission on tenants, checks of all of them the change permission."""
        if request.method in {"GET", "HEAD"}:
            return bool(self.model_admin.has_view_permission(request))
        return bool(self.model_admin.has_change_permission(request))

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        live = Tenant.objects.filter(live_publication__isnull=False)
        search = request.GET.get("q", "").strip()[:100]
        order = request.GET.get("o", "used")
        if order not in ORDERS:
            order = "used"
        rows = sorted(fleet_storage(list(_matching(live, search))), key=ORDERS[order][1])
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        checks = [fleet_check(check, live) for check in CHECKS]
        return self.page(
            "Storage",
            search=search,
            order=order,
            orders=[(name, title) for name, (title, _) in ORDERS.items()],
            rows=_with_reports(list(page.object_list)),
            page=page,
            totals=_totals(rows),
            checks=checks,
            under_way=any(check.is_under_way for check in checks),
            may_change=self.model_admin.has_change_permission(request),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have the worker do a check for every tenant."""
        try:
            check = Check(request.POST.get("check", ""))
        except ValueError as error:
            raise Http404("There is no such check.") from error
        request_fleet_check(check, actor=self.actor)
        messages.success(request, "The worker goes through all tenants. This page follows along by itself.")
        return HttpResponseRedirect(reverse(self.url_name))


def _matching(live: QuerySet[Tenant], search: str) -> QuerySet[Tenant]:
    if not search:
        return live
    found = Q(name__icontains=search) | Q(slug__icontains=search) | Q(domains__domain__icontains=search)
    return live.filter(found).distinct()


def _with_reports(rows: list[TenantStorage]) -> list[tuple[TenantStorage, Any]]:
    reports = last_reports([row.tenant.pk for row in rows], Check.VERIFY)
    return [(row, reports.get(row.tenant.pk)) for row in rows]


def _totals(rows: list[TenantStorage]) -> dict[str, int]:
    return {
        "tenants": len(rows),
        "used": sum(row.used for row in rows),
        "objects": sum(row.objects for row in rows),
        "nearly_full": sum(row.share >= 90 for row in rows),
    }
