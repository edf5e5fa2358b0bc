"""What the audit log has of operators' sign-ins and second factors; they belong to no tenant."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.services.auditing import record

__all__ = ["PLATFORM", "note", "note_refusal", "note_sign_out"]

PLATFORM = "operators"
"""In the place of a tenant's id, where attempts are counted."""


def note(
    action: str, username: str, visit: Visit, *, method: str = "", changes: dict[str, object] | None = None
) -> None:
    """Write what an operator did."""
    actor = Actor(ActorKind.OPERATOR, username)
    record(action, actor=actor, target=username, changes=changes, address=visit.address, method=method)


def note_refusal(username: str, visit: Visit, *, method: str, locks: bool = False, reason: str = "") -> None:
    """Write that somebody who says to be an operator was refused, and whether the account rests now."""
    for action in ("operator.refuse", *(["operator.lock"] if locks else [])):
        actor = Actor(ActorKind.VISITOR, username)
        changes = {"reason": reason} if reason else None
        record(action, actor=actor, target=username, changes=changes, address=visit.address, method=method)


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Write that an operator signed out; Django's own view tells of it in this way alone."""
    if user is not None and user.is_authenticated:
        note("operator.sign_out", user.get_username(), Visit.of(request))
