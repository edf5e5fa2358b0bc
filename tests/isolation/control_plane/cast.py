"""The tenants of an attack on the control plane, as the attacker knows them."""

from dataclasses import dataclass
from uuid import NAMESPACE_DNS, uuid5

ISSUER_PROVIDER, SAML_PROVIDER, PROXY = "company", "okta", "gate"
EMAIL_HEADER = "x-forwarded-email"
CLEO, OWNER = "cleo@example.com", "owner@example.com"
"""Whom the providers vouch for at every tenant, under the same name; and who may see the settings there."""
PASSWORD = "correct horse battery"
PORT = 8000
"""Of the addresses that people and providers are told, whatever port the process under attack has."""


@dataclass(frozen=True)
class Site:
    """A tenant: everything that it shows carries its canary. Every other one takes sign-ins that nobody asked for."""

    slug: str
    canary: str
    tenant_id: str
    hosts: tuple[str, ...]
    unsolicited: bool
    proxy_secret: str
    scim_token: str
    revoked_token: str
    live: int = 0
    signs_in: bool = False

    def private(self, person: str) -> str:
        """Return the word of one person of the tenant."""
        return f"{self.canary}+{person.partition('@')[0]}."

    def address(self, path: str, *, host: str = "") -> str:
        """Return an address on one of the tenant's hosts, as others are told it."""
        return f"http://{host or self.hosts[0]}:{PORT}{path}"


def member_id(email: str) -> str:
    """Return the id that somebody has as a member of every tenant, as after one tenant was made of another's copy."""
    return str(uuid5(NAMESPACE_DNS, email))
