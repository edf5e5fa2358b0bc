"""Editing a tenant's environment variables and secrets."""

from uuid import UUID

from tenants.contract.environment import validate_environment_name, validate_environment_value
from tenants.contract.errors import NotFoundError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.sealing import seal
from tenants.registry.services.auditing import record
from tenants.workspace.models import EnvironmentVariable
from tenants.workspace.services.editing import editing

__all__ = ["delete_variable", "set_variable"]


def set_variable(tenant_id: UUID | str, name: str, *, value: str, is_secret: bool, actor: Actor) -> None:
    """Set a variable; a secret is stored encrypted and never shown, audited or logged.

    Raises ``InvalidValueError`` for names that are invalid or protected and for values that do not fit.
    """
    actor.expect(Permission.EDIT_ENVIRONMENT)
    validate_environment_name(name)
    validate_environment_value(value)
    with editing(tenant_id, actor=actor, note=f"Environment {name}") as tenant:
        variable = EnvironmentVariable.objects.filter(name=name).first()
        present = variable.value if variable and variable.is_secret == is_secret else None
        stored = seal(value, owner=str(tenant.pk), present=present) if is_secret else value
        if stored == present:
            return
        EnvironmentVariable.objects.update_or_create(name=name, defaults={"value": stored, "is_secret": is_secret})
        record("environment.set", actor=actor, tenant=tenant, target=name, changes={"secret": is_secret})


def delete_variable(tenant_id: UUID | str, name: str, *, actor: Actor) -> None:
    """Remove a variable; app code then sees the app's or the platform's value, if there is one."""
    actor.expect(Permission.EDIT_ENVIRONMENT)
    with editing(tenant_id, actor=actor, note=f"Environment {name} removed") as tenant:
        deleted, _ = EnvironmentVariable.objects.filter(name=name).delete()
        if not deleted:
            raise NotFoundError("variable_not_found", f"There is no variable {name[:128]}.")
        record("environment.delete", actor=actor, tenant=tenant, target=name)
