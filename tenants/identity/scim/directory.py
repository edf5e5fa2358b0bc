"""Who changes people by SCIM: one of a tenant's directories."""

from dataclasses import dataclass

from tenants.identity.scim.models import ScimToken
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant

__all__ = ["Directory", "directory_actor"]


@dataclass(frozen=True)
class Directory:
    """A tenant's directory, as which token it came. It may do whatever the owner may who made the token."""

    tenant: Tenant
    actor: Actor


def directory_actor(token: ScimToken, *, address: str) -> Actor:
    """Return the actor that a directory is: no person, so the system, by the name that the token has in the log."""
    return Actor(ActorKind.SYSTEM, f"SCIM: {token.name}", address=address, method="scim")
