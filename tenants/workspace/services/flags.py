"""Editing a tenant's flags."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.contract.flags import Flag as Definition
from tenants.contract.flags import validate_flag_name
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record
from tenants.workspace.flag_rows import columns_of, definition_of, fingerprint
from tenants.workspace.flag_wording import describe_flag
from tenants.workspace.models import Flag
from tenants.workspace.services.editing import editing

__all__ = ["MAXIMUM_DEFINITION_BYTES", "check_definition", "define_flag", "delete_flag", "set_flag"]

MAXIMUM_DEFINITION_BYTES = 64 * 1024
"""Of a flag's values and rules: they are in the document that every runtime process holds."""


def set_flag(tenant_id: UUID | str, name: str, *, enabled: bool, description: str | None = None, actor: Actor) -> None:
    """Set a flag, creating it when it is new; ``description`` None keeps what is there.

    Raises ``InvalidValueError`` for a name that app code could not write.
    """
    actor.expect(Permission.EDIT_FLAGS)
    validate_flag_name(name)
    _check_description(description)
    with editing(tenant_id, actor=actor, note=f"Flag {name}") as tenant:
        flag = Flag.objects.filter(name=name).first()
        before = flag.enabled if flag else None
        flag = flag or Flag(name=name)
        flag.enabled = enabled
        if description is not None:
            flag.description = description.strip()
        flag.save()
        record("flag.set", actor=actor, tenant=tenant, target=name, changes={"enabled": [before, enabled]})


def define_flag(
    tenant_id: UUID | str,
    name: str,
    *,
    definition: Mapping[str, Any],
    description: str | None = None,
    made_of: str | None = None,
    actor: Actor,
) -> None:
    """Give a flag its values, its rules and what everybody else gets, creating it when it is new.

    ``definition`` has the fields of the contract's ``Flag``; all that was there is replaced. ``made_of`` is the
    fingerprint of the flag that the caller changed, an empty text where there was none, None to ask for nothing.
    Raises ``InvalidValueError`` that says what is at fault, and ``ConflictError`` where somebody else changed the flag
    meanwhile.
    """
    actor.expect(Permission.EDIT_FLAGS)
    validate_flag_name(name)
    _check_description(description)
    flag = check_definition(definition)
    with editing(tenant_id, actor=actor, note=f"Flag {name}") as tenant:
        row = Flag.objects.filter(name=name).first()
        if made_of is not None and made_of != (fingerprint(row) if row else ""):
            raise ConflictError("flag_changed", _changed_meanwhile(name, row))
        before = describe_flag(definition_of(row)) if row else None
        row = row or Flag(name=name)
        for column, value in columns_of(flag).items():
            setattr(row, column, value)
        if description is not None:
            row.description = description.strip()
        row.save()
        changes = {"flag": [before, describe_flag(flag)]}
        record("flag.define", actor=actor, tenant=tenant, target=name, changes=changes)


def check_definition(definition: Mapping[str, Any]) -> Definition:
    """Return the contract's flag of its fields; raises ``InvalidValueError`` that says what is at fault."""
    try:
        flag = msgspec.convert(definition, Definition)
    except msgspec.ValidationError as error:
        raise InvalidValueError("flag_invalid", f"The flag is not valid: {error}.") from error
    if len(msgspec.json.encode(flag)) > MAXIMUM_DEFINITION_BYTES:
        size = MAXIMUM_DEFINITION_BYTES // 1024
        raise InvalidValueError("flag_too_large", f"The values and rules of a flag take at most {size} KB together.")
    return flag


def _check_description(description: str | None) -> None:
    if description is not None and len(description) > 200:
        raise InvalidValueError(
            "description_too_long", "The description has at most 200 characters.", field="description"
        )


def _changed_meanwhile(name: str, row: Flag | None) -> str:
    if row is None:
        return f"The flag “{name}” was removed meanwhile. Nothing was saved; saving again adds it anew."
    now = describe_flag(definition_of(row))
    return f"The flag “{name}” was changed meanwhile: it is {now}. Nothing was saved; saving again replaces that."


def delete_flag(tenant_id: UUID | str, name: str, *, actor: Actor) -> None:
    """Remove a flag; app code then sees its default."""
    actor.expect(Permission.EDIT_FLAGS)
    with editing(tenant_id, actor=actor, note=f"Flag {name} removed") as tenant:
        deleted, _ = Flag.objects.filter(name=name).delete()
        if not deleted:
            raise NotFoundError("flag_not_found", f"There is no flag “{name[:63]}”.")
        record("flag.delete", actor=actor, tenant=tenant, target=name)
