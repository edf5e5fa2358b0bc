"""Signing in as the services see it."""

from typing import Any

from tenants.contract.access import SignInKind
from tenants.contract.tokens import SignedIn
from tenants.identity.errors import SignInRefusedError
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import add_provider
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import get_access, update_access

HOME = Visit("192.0.2.7", "Firefox")


def signed_in(tenant: Tenant, email: str, password: str, visit: Visit = HOME) -> SignedIn | None:
    """Return who these credentials sign in, or None where they are refused."""
    try:
        return sign_in_with_password(tenant, email=email, password=password, visit=visit)
    except SignInRefusedError:
        return None


def offer_provider(tenant: Tenant, actor: Actor, provider_id: str = "company", **values: Any) -> IdentityProvider:
    """Add a provider and let the tenant's policy offer it after what it offers already."""
    provider = add_provider(tenant.pk, provider_id, **{"kind": SignInKind.HEADER, **values}, actor=actor)
    with tenant_schema(tenant):
        methods = get_access().methods
    update_access(tenant.pk, methods=[*methods, provider_id], actor=actor)
    return provider
