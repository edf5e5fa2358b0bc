"""The one callback that customers may register for all of their domains: it sends a browser on to the right one.

It believes nothing and signs nobody in. The sealed state says which tenant's sign-in it is and at which host it began;
whether this browser began it is known at that host alone, whose cookie it is.
"""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.identity.addresses import CALLBACK_PATH, tenant_address
from tenants.identity.oidc.errors import StateInvalidError
from tenants.identity.oidc.state import open_state
from tenants.registry.models import Domain

__all__ = ["send_on"]

PARAMETERS = ("code", "state", "error", "iss")


@require_safe
@never_cache
def send_on(request: HttpRequest) -> HttpResponse:
    """Send a browser with its answer to the tenant's domain; raises ``StateInvalidError`` where there is none."""
    state = open_state(request.GET.get("state", ""))
    if not Domain.objects.filter(tenant_id=state.tenant, domain=state.host, verified=True).exists():
        raise StateInvalidError
    query = urlencode({name: request.GET[name] for name in PARAMETERS if name in request.GET})
    return redirect(f"{tenant_address(state.host, CALLBACK_PATH)}?{query}")
