"""Editing whether a tenant's conversations are kept."""

from uuid import UUID

from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record
from tenants.workspace.models import History
from tenants.workspace.services.editing import editing

__all__ = ["is_history_kept", "update_history"]


def is_history_kept() -> bool:
    """Return whether the tenant whose schema is bound keeps its conversations."""
    return History.objects.filter(enabled=True).exists()


def update_history(tenant_id: UUID | str, *, enabled: bool, actor: Actor) -> None:
    """Keep conversations from the next message on, or no longer; what was kept before stays in either case."""
    actor.expect(Permission.KEEP_CONVERSATIONS)
    with editing(tenant_id, actor=actor, note="Conversations kept" if enabled else "Conversations not kept") as tenant:
        before = is_history_kept()
        if before != enabled:
            History.objects.update_or_create(defaults={"enabled": enabled})
            record("history.update", actor=actor, tenant=tenant, changes={"enabled": [before, enabled]})
