"""By which ways a tenant's people sign in, as its policy has it now."""

from tenants.contract.access import PASSWORD_METHOD
from tenants.identity.browser import live_state
from tenants.identity.errors import PasswordNotOfferedError
from tenants.registry.models import Tenant

__all__ = ["expect_passwords", "name_ways", "takes_passwords"]


def takes_passwords(tenant: Tenant) -> bool:
    """Say whether people can sign in with a password."""
    return live_state(tenant).access.offers(PASSWORD_METHOD.id)


def expect_passwords(tenant: Tenant) -> None:
    """Raise ``PasswordNotOfferedError`` where a password is worth nothing."""
    if not takes_passwords(tenant):
        raise PasswordNotOfferedError


def name_ways(tenant: Tenant) -> str:
    """Return the ways' names in the policy's order, to stand in a sentence: “a password, Okta or Google”."""
    names = [
        "a password" if method == PASSWORD_METHOD else method.label or method.id
        for method in live_state(tenant).access.methods
    ]
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
