"""People of acme as the services see them, and what the audit log has of them."""

from collections.abc import Callable

import pytest

from tenants.contract.roles import Role
from tenants.conversations.services.policy import update_policy
from tenants.registry.actor import SYSTEM, Actor, ActorKind
from tenants.registry.models import AuditEntry, Tenant

OWNER = Actor(ActorKind.MEMBER, "owner@acme.example", Role.OWNER)
ADMIN = Actor(ActorKind.MEMBER, "admin@acme.example", Role.ADMIN)
MEMBER = Actor(ActorKind.MEMBER, "ann@example.com", Role.MEMBER)


@pytest.fixture
def let_read() -> Callable[..., None]:
    """Return a function that says who reads a tenant's conversations, and how long they stay."""

    def let(*tenants: Tenant, readers: str = "owners", days: int = 0) -> None:
        for tenant in tenants:
            update_policy(tenant.pk, readers=readers, retention_days=days, actor=SYSTEM)

    return let


def entries(tenant: Tenant, action: str = "conversation.") -> list[AuditEntry]:
    """Return what the audit log has of a tenant's conversations, the newest first."""
    return list(AuditEntry.objects.filter(tenant_id=tenant.pk, action__startswith=action))
