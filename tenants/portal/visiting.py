"""An operator's visit in a browser: a cookie of this host alone, beside a member's and before it.

Whoever has it sees the settings as an owner does and changes nothing, also where the same browser has a member's
sign-in: a visit is never mixed with what a member may.
"""

from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.registry.models import PlatformVisit, Tenant
from tenants.registry.services.platform_visits import VisitKey, find_visit
from tenants.workspace.models import Member

__all__ = ["current_visit", "forget_visit", "has_visit", "operators_address", "owners_eyes", "remember_visit"]

COOKIE, PATH = "platform_visit", "/settings/"

Answer = TypeVar("Answer", bound=HttpResponse)


def has_visit(request: HttpRequest) -> bool:
    """Say whether the browser says to be on a visit, be it over or not."""
    return bool(request.COOKIES.get(COOKIE))


def current_visit(request: HttpRequest, tenant: Tenant) -> PlatformVisit | None:
    """Return the visit that the browser is on at this tenant, or None."""
    visit_id, _, secret = request.COOKIES.get(COOKIE, "").partition(".")
    try:
        key = VisitKey(UUID(visit_id), secret)
    except ValueError:
        return None
    return find_visit(tenant, key)


def remember_visit(request: HttpRequest, response: Answer, visit: PlatformVisit, key: VisitKey) -> Answer:
    """Give the browser the key of its visit, for as long as that lasts."""
    response.set_cookie(
        COOKIE,
        f"{key.visit_id}.{key.secret}",
        path=PATH,
        max_age=int((visit.ends_at - timezone.now()).total_seconds()),
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


def forget_visit(response: Answer) -> Answer:
    """Take the key from the browser."""
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return response


def owners_eyes(visit: PlatformVisit) -> Member:
    """Return an owner who is nobody of the tenant and in no table, in whose place the pages are looked at."""
    return Member(id=visit.pk, email=visit.operator_name, role=Member.Role.OWNER)


def operators_address(tenant: Tenant) -> str:
    """Return where an operator came from."""
    return f"{settings.ENVIRONMENT.platform_url}/admin/registry/tenant/{tenant.pk}/change/"
