"""Where a browser is, as passkeys see it."""

from django.http import HttpRequest

from tenants.contract.hosts import normalise_host
from tenants.identity.browser import live_state
from tenants.identity.factors.passkeys import Site
from tenants.registry.models import Tenant

__all__ = ["site_of"]


def site_of(request: HttpRequest, tenant: Tenant) -> Site:
    """Return the site of a request: its host is one of the tenant's, which the middleware has made sure of."""
    host = request.get_host()
    return Site(normalise_host(host), f"{request.scheme}://{host}", live_state(tenant).branding.display_name)
