"""A member of the bound tenant as the services see one who acts."""

from tenants.contract.roles import Role
from tenants.registry.actor import Actor, ActorKind
from tenants.workspace.models import Member

__all__ = ["member_actor"]


def member_actor(member: Member, *, address: str = "", method: str = "") -> Actor:
    """Return the actor that an active member is, who comes from ``address`` and signed in by ``method``."""
    return Actor(ActorKind.MEMBER, member.email, Role(member.role), member.pk, address, method)
