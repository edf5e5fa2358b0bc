"""Signing in to the settings by the proxy before the gateway, which says in headers who somebody is."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants.contract.errors import DomainError
from tenants.contract.trusted_headers import SECRET_HEADER, HeaderSentTwiceError, sent_value
from tenants.identity.browser import live_state
from tenants.identity.errors import SecondFactorNeededError
from tenants.identity.proxies.requests import sent_headers
from tenants.identity.proxies.signing_in import sign_in_by_proxy
from tenants.identity.visit import Visit
from tenants.portal.pages import gate, public, safe_next
from tenants.portal.sessions import sign_in
from tenants.registry.models import Tenant

__all__ = ["by_proxy", "named_by_proxy"]


@require_POST
@public
def by_proxy(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Sign in whom the headers of this request name. A person presses a button, so that signing out is possible."""
    target = safe_next(request)
    try:
        person = sign_in_by_proxy(tenant, sent_headers(request), visit=Visit.of(request))
    except SecondFactorNeededError as needed:
        return redirect(f"{needed.next}?{urlencode({'next': target})}")
    except DomainError as error:
        return gate(request, tenant, "portal/proxy_refused.html", {"sentence": error.message}, status=error.status)
    return sign_in(request, redirect(target), tenant, person)


def named_by_proxy(request: HttpRequest, tenant: Tenant) -> str:
    """Return whom a proxy that the policy offers seems to name, to be shown to them alone; empty for nobody."""
    headers = sent_headers(request)
    if not any(name == SECRET_HEADER.encode() for name, _ in headers):
        return ""
    for trusted in live_state(tenant).access.proxies.values():
        try:
            named = sent_value(headers, trusted.email)
        except HeaderSentTwiceError:
            return ""
        if named:
            return named
    return ""
