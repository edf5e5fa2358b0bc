"""From a request's host to its schema, and from domain errors to HTTP. Everything fails closed."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import set_urlconf
from django.utils.functional import SimpleLazyObject

from controlplane.operators.sign_in.sessions import current_operator
from tenants.contract.errors import DomainError, NotFoundError
from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.contract.tokens import SIGN_IN_COOKIE
from tenants.registry.models import Domain, Tenant
from tenants.registry.schema import enter_public_schema, enter_tenant_schema

__all__ = [
    "DomainErrorMiddleware",
    "OperatorAuthenticationMiddleware",
    "TenantMiddleware",
    "database_away_page",
    "error_page",
]

log = structlog.get_logger(__name__)

Respond = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """Bind the schema that the request's host names: the platform's hosts to public, a domain to its tenant.

    A host that is neither is answered with 404, never with a default tenant. The connection is left on public.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        enter_public_schema()
        try:
            refusal = self._bind(request)
            if refusal is not None:
                return refusal
            return self._keep_cookies(request, self.get_response(request))
        except OperationalError as error:
            log.error("database away", reason=str(error).splitlines()[0])
            return database_away_page(request)
        finally:
            enter_public_schema()
            set_urlconf(None)
            structlog.contextvars.clear_contextvars()

    @staticmethod
    def _keep_cookies(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """On a tenant's domain all but /settings/ is the runtime's: of our cookies it is sent the sign-in alone."""
        if request.tenant is not None:  # type: ignore[attr-defined]  # set by _bind
            for name, cookie in response.cookies.items():
                if cookie["path"] == "/" and not name.startswith(SIGN_IN_COOKIE):
                    cookie["path"] = "/settings/"
        return response

    def _bind(self, request: HttpRequest) -> HttpResponse | None:
        raw_host = request.META.get("HTTP_HOST", "")
        if raw_host.partition(":")[0].lower() in settings.ENVIRONMENT.platform_hosts:
            request.tenant = None  # type: ignore[attr-defined]  # the attribute is ours
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
            return None
        try:
            host = normalise_host(raw_host)
        except InvalidHostError as error:
            return error_page(request, 400, error.code, error.message)
        domain = Domain.objects.select_related("tenant").filter(domain=host, verified=True).first()
        tenant = domain.tenant if domain else None
        if tenant is None or tenant.live_publication_id is None or tenant.status == Tenant.Status.ARCHIVED:
            return error_page(request, 404, "host_unknown", f"Nothing is served at {host}.")
        if tenant.status == Tenant.Status.SUSPENDED:
            return error_page(request, 503, "tenant_suspended", f"{tenant.name} is suspended at the moment.")
        request.tenant = tenant  # type: ignore[attr-defined]  # the attribute is ours
        enter_tenant_schema(tenant)
        structlog.contextvars.bind_contextvars(tenant=tenant.slug)
        return None


class OperatorAuthenticationMiddleware(AuthenticationMiddleware):
    """Operators are users on the platform's hosts only; on a tenant's domain nobody is a Django user.

    On the platform's hosts too nobody is one before the last step of the sign-in.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.tenant is None:  # type: ignore[attr-defined]  # set by TenantMiddleware
            operator: Any = SimpleLazyObject(lambda: current_operator(request))
            request.user = operator
        else:
            request.user = AnonymousUser()


class DomainErrorMiddleware:
    """The one place where domain errors that no form caught become HTTP."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page of a domain error; anything else goes on to Django."""
        if not isinstance(error, DomainError):
            return None
        if not isinstance(error, NotFoundError):
            log.warning("refused", code=error.code, path=request.path)
        return error_page(request, error.status, error.code, error.message)


def database_away_page(request: HttpRequest) -> HttpResponse:
    """Return the answer to whatever cannot be done without the database."""
    sentence = "The database does not answer just now. Please try again shortly."
    return error_page(request, 503, "database_unavailable", sentence)


def error_page(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """Return an error as a page, or as JSON where the caller asks for JSON."""
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"error": {"code": code, "message": message}}, status=status)
    else:
        response = render(request, "controlplane/error.html", {"status": status, "message": message}, status=status)
    if status == 503:
        response["Retry-After"] = "5"
    response["Cache-Control"] = "no-store"
    return response
