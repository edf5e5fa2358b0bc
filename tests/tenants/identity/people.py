"""Signing in as the services see it."""

from tenants.contract.tokens import SignedIn
from tenants.identity.errors import SignInRefusedError
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.identity.visit import Visit
from tenants.registry.models import Tenant

HOME = Visit("192.0.2.7", "Firefox")


def signed_in(tenant: Tenant, email: str, password: str, visit: Visit = HOME) -> SignedIn | None:
    """Return who these credentials sign in, or None where they are refused."""
    try:
        return sign_in_with_password(tenant, email=email, password=password, visit=visit)
    except SignInRefusedError:
        return None
