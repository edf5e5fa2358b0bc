"""Editing a tenant's flags."""

from uuid import UUID

from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.flags import validate_flag_name
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record
from tenants.workspace.models import Flag
from tenants.workspace.services.editing import editing

__all__ = ["delete_flag", "set_flag"]


def set_flag(tenant_id: UUID | str, name: str, *, enabled: bool, description: str | None = None, actor: Actor) -> None:
    """Set a flag, creating it when it is new; ``description`` None keeps what is there.

    Raises ``InvalidValueError`` for a name that app code could not write.
    """
    actor.expect(Permission.EDIT_FLAGS)
    validate_flag_name(name)
    if description is not None and len(description) > 200:
        raise InvalidValueError(
            "description_too_long", "The description has at most 200 characters.", field="description"
        )
    with editing(tenant_id, actor=actor, note=f"Flag {name}") as tenant:
        flag = Flag.objects.filter(name=name).first()
        before = flag.enabled if flag else None
        flag = flag or Flag(name=name)
        flag.enabled = enabled
        if description is not None:
            flag.description = description.strip()
        flag.save()
        record("flag.set", actor=actor, tenant=tenant, target=name, changes={"enabled": [before, enabled]})


def delete_flag(tenant_id: UUID | str, name: str, *, actor: Actor) -> None:
    """Remove a flag; app code then sees its default."""
    actor.expect(Permission.EDIT_FLAGS)
    with editing(tenant_id, actor=actor, note=f"Flag {name} removed") as tenant:
        deleted, _ = Flag.objects.filter(name=name).delete()
        if not deleted:
            raise NotFoundError("flag_not_found", f"There is no flag “{name[:63]}”.")
        record("flag.delete", actor=actor, tenant=tenant, target=name)
