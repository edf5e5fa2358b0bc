"""Editing a tenant's branding."""

import re
import unicodedata
from collections.abc import Mapping
from uuid import UUID

from django.forms.models import model_to_dict

from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import difference, record
from tenants.workspace.meanwhile import merge_edit
from tenants.workspace.models import Branding
from tenants.workspace.section import compile_branding
from tenants.workspace.services.editing import editing

__all__ = ["BRANDING_FIELDS", "get_branding", "update_branding"]

BRANDING_FIELDS = (
    "display_name", "description", "default_theme", "light_primary", "light_background", "light_accent",
    "dark_primary", "dark_background", "dark_accent", "font",
)  # fmt: skip
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def get_branding() -> Branding:
    """Return the branding of the tenant whose schema is bound."""
    return Branding.objects.get()


def update_branding(
    tenant_id: UUID | str, *, values: Mapping[str, str], made_of: Mapping[str, str] | None = None, actor: Actor
) -> None:
    """Change the named fields of the branding and publish.

    ``values`` may name any of ``BRANDING_FIELDS``; colours are ``#rgb`` or ``#rrggbb``, empty for Chainlit's own.
    ``made_of`` are the values over which the edit was made, so that it undoes nothing that somebody else saved since.
    Raises ``EditedMeanwhileError`` where both changed the same field, and ``InvalidValueError`` naming the field
    (``field_unknown``, ``colour_invalid``, ``branding_invalid``).
    """
    actor.expect(Permission.EDIT_BRANDING)
    cleaned: dict[str, object] = {name: _clean(name, value) for name, value in values.items()}
    with editing(tenant_id, actor=actor, note="Branding") as tenant:
        branding = Branding.objects.get()
        before = model_to_dict(branding, fields=cleaned)
        cleaned = merge_edit(tenant, "branding.update", present=before, wanted=cleaned, made_of=made_of or {})
        for name, value in cleaned.items():
            setattr(branding, name, value)
        compile_branding(branding)
        changes = difference(before, cleaned)
        if changes:
            branding.save(update_fields=list(cleaned))
            record("branding.update", actor=actor, tenant=tenant, changes=changes)


def _clean(name: str, value: str) -> str:
    if name not in BRANDING_FIELDS:
        raise InvalidValueError("field_unknown", f"Branding has no field “{name}”.", field=name)
    value = value.strip()
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise InvalidValueError("text_invalid", "Names and descriptions hold no control characters.", field=name)
    if name == "display_name" and not 1 <= len(value) <= 80:
        raise InvalidValueError("display_name_invalid", "The display name has 1 to 80 characters.", field=name)
    if name == "description" and len(value) > 300:
        raise InvalidValueError("description_too_long", "The description has at most 300 characters.", field=name)
    if name.startswith(("light_", "dark_")) and value:
        return _clean_colour(name, value.lower())
    return value


def _clean_colour(name: str, value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise InvalidValueError(
            "colour_invalid",
            f"“{value[:40]}” is not a colour; write it as #rrggbb, for example #2563eb.",
            field=name,
        )
    return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])
