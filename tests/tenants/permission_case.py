"""A case of the permissions' matrix: a service, how it is called, and what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = ["Case", "Ground", "full_name"]


@dataclass(frozen=True)
class Ground:
    """A tenant with somebody of each role to be acted on, and the row of whoever acts, who is none of them."""

    tenant: Tenant
    owner: Member
    admin: Member
    member: Member
    acting: Member

    @property
    def id(self) -> UUID:
        """The tenant's."""
        return self.tenant.pk


@dataclass(frozen=True)
class Case:
    """A call of a service, and the permission without which it is refused.

    ``own`` says that everybody may, for it is their own. ``call`` may meet any other refusal of the domain once it has
    been permitted: what is asked here is who may.
    """

    service: Callable[..., object]
    permission: Permission
    call: Callable[[Ground, Actor], object]
    label: str = ""
    own: bool = False

    @property
    def name(self) -> str:
        """The service's, with what tells it apart from its other cases."""
        return " ".join(filter(None, (full_name(self.service), self.label)))


def full_name(service: Callable[..., object]) -> str:
    """Return the dotted name of a service."""
    return f"{service.__module__}.{service.__qualname__}"
