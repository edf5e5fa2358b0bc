"""Who does something: every service takes an actor, asks what they may, and names them in audit rows and publications.

The permissions of a tenant's members are in ``tenants.contract.roles``. Operators and the system may do everything
but read what people said.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.contract.errors import ForbiddenError
from tenants.contract.roles import NOBODY_ELSES, PERMISSIONS, VIEWING, Permission, Role, may

__all__ = ["SYSTEM", "Actor", "ActorKind", "NotPermittedError"]


class ActorKind(StrEnum):
    """From where the actor acts."""

    OPERATOR = "operator"
    MEMBER = "member"
    SYSTEM = "system"
    VISITOR = "visitor"
    """Somebody who has not proved who they are; the label is who they say to be."""
    VIEWER = "viewer"
    """An operator who looks at a tenant's settings as its owners see them, and changes nothing."""


class NotPermittedError(ForbiddenError):
    """The actor lacks a permission; the sentence says which, and who has it."""

    def __init__(self, permission: Permission) -> None:
        super().__init__("not_permitted", _sentence(permission), details={"permission": permission.value})


@dataclass(frozen=True)
class Actor:
    """A person or a process; ``label`` is what history shows (an e-mail address or a user name).

    ``role`` and ``member_id`` are a member's. ``address`` is from where the actor comes and ``method`` the way they
    signed in by, as the audit log keeps them; both may be empty.
    """

    kind: ActorKind
    label: str
    role: Role | None = None
    member_id: UUID | None = None
    address: str = ""
    method: str = ""

    def __str__(self) -> str:
        return self.label

    def may(self, permission: Permission) -> bool:
        """Say whether the actor may do something."""
        if self.kind is ActorKind.MEMBER:
            return may(self.role, permission)
        if self.kind is ActorKind.VIEWER:
            return permission in VIEWING
        return self.kind in {ActorKind.OPERATOR, ActorKind.SYSTEM} and permission not in NOBODY_ELSES

    def expect(self, permission: Permission) -> None:
        """Raise ``NotPermittedError`` where the actor may not do something; called before anything is done."""
        if not self.may(permission):
            raise NotPermittedError(permission)

    def expect_own(self, member_id: UUID | str) -> None:
        """Raise ``NotPermittedError`` where a member would change somebody else's profile."""
        self.expect(Permission.EDIT_OWN_PROFILE)
        if self.kind is ActorKind.MEMBER and str(self.member_id) != str(member_id):
            raise NotPermittedError(Permission.EDIT_OWN_PROFILE)


SYSTEM = Actor(ActorKind.SYSTEM, "system")


def _sentence(permission: Permission) -> str:
    if permission is Permission.EDIT_OWN_PROFILE:
        return "Everybody changes their own profile alone: name, password and sign-ins."
    roles = [role for role in Role if permission in PERMISSIONS[role]]
    if not roles:
        return f"Only the platform's operators may {permission.phrase}. Ask them."
    return f"Only {' and '.join(f'{role}s' for role in roles)} may {permission.phrase}. Ask one of them."
