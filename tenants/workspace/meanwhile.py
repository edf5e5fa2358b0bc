"""Two people at one form: what somebody else saved while it was being filled in, and what becomes of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tenants.contract.errors import ConflictError
from tenants.registry.models import AuditEntry, Tenant

__all__ = ["Collision", "EditedMeanwhileError", "merge_edit"]


@dataclass(frozen=True)
class Collision:
    """A field that two people changed: what the other one saved, and who that was and when, where the log knows."""

    field: str
    theirs: object
    who: str = ""
    at: datetime | None = None


class EditedMeanwhileError(ConflictError):
    """Somebody else changed the same fields since the form was shown; nothing of the edit is saved."""

    def __init__(self, collisions: list[Collision]) -> None:
        super().__init__(
            "edited_meanwhile",
            _("Somebody else changed the same while you did. Look at both, then save again what you want to keep."),
            details={"fields": ", ".join(collision.field for collision in collisions)},
        )
        self.collisions = collisions


def merge_edit(
    tenant: Tenant,
    action: str,
    *,
    present: Mapping[str, object],
    wanted: Mapping[str, object],
    made_of: Mapping[str, object],
) -> dict[str, object]:
    """Return what to save of an edit that was made over the values ``made_of``, where ``present`` is there by now.

    A field that the edit leaves as it found it is as it is now, whoever changed it. Raises ``EditedMeanwhileError``
    with each field that both changed to something else; ``action`` is what the audit log calls such edits.
    """
    merged = {
        name: present[name] if name in made_of and value == made_of[name] else value for name, value in wanted.items()
    }
    collisions = [
        _collision(tenant, action, name, present[name])
        for name, value in merged.items()
        if name in made_of and present[name] not in (made_of[name], value)
    ]
    if collisions:
        raise EditedMeanwhileError(collisions)
    return merged


def _collision(tenant: Tenant, action: str, field: str, theirs: object) -> Collision:
    edits = AuditEntry.objects.filter(tenant_id=tenant.pk, action=action, changes__has_key=field)
    last = edits.first()
    return Collision(field, theirs, last.actor, last.at) if last else Collision(field, theirs)
