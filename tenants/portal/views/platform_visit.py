"""An operator's visit: its beginning by a link, and its end."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from tenants.portal.pages import gate, harden
from tenants.portal.visiting import current_visit, forget_visit, operators_address, remember_visit
from tenants.registry.models import Tenant
from tenants.registry.services.platform_visits import VisitKey, VisitLinkInvalidError, end_visit, open_visit

__all__ = ["end_visit_page", "open_visit_page"]


# Without the guard of the tenant's networks: an operator comes from the platform's.
@require_GET
def open_visit_page(request: HttpRequest, visit_id: UUID, secret: str) -> HttpResponse:
    """Use the link up, and let the browser be the visit's."""
    tenant, address = _tenant(request), request.META.get("REMOTE_ADDR", "")
    try:
        visit, key = open_visit(tenant, VisitKey(visit_id, secret), address=address)
    except VisitLinkInvalidError as error:
        context = {"title": "This link does not work", "sentence": error.message, "back": operators_address(tenant)}
        return harden(gate(request, tenant, "portal/visit_over.html", context, status=error.status))
    before = current_visit(request, tenant)
    if before is not None:
        end_visit(before, tenant, address=address)
    return harden(remember_visit(request, redirect("portal:overview"), visit, key))


@require_POST
def end_visit_page(request: HttpRequest) -> HttpResponse:
    """End the visit."""
    tenant = _tenant(request)
    visit = current_visit(request, tenant)
    if visit is not None:
        end_visit(visit, tenant, address=request.META.get("REMOTE_ADDR", ""))
    context = {"title": "The view has ended", "sentence": "Nothing was changed.", "back": operators_address(tenant)}
    return harden(forget_visit(gate(request, tenant, "portal/visit_over.html", context)))


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    return tenant
