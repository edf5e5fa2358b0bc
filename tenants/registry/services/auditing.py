"""Writing the audit log."""

from collections.abc import Mapping

from tenants.registry.actor import Actor
from tenants.registry.models import AuditEntry, Tenant

__all__ = ["difference", "record"]


def record(
    action: str,
    *,
    actor: Actor,
    tenant: Tenant | None = None,
    target: str = "",
    changes: Mapping[str, object] | None = None,
    address: str = "",
    method: str = "",
) -> None:
    """Write one entry in the present transaction. Pass no secret values in ``changes``: name them only.

    ``address`` and ``method`` are from where and by which way to sign in it was done; the actor's where not given.
    """
    AuditEntry.objects.create(
        tenant_id=tenant.pk if tenant else None,
        tenant_slug=tenant.slug if tenant else "",
        actor_kind=actor.kind,
        actor=actor.label[:200],
        action=action,
        target=target[:200],
        changes=dict(changes or {}),
        address=(address or actor.address)[:45],
        method=(method or actor.method)[:40],
    )


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[object]]:
    """Return ``{name: [before, after]}`` of the values that differ."""
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
