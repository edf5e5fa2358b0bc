"""Who does something: every service takes an actor, and audit rows and publications name it."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["SYSTEM", "Actor", "ActorKind"]


class ActorKind(StrEnum):
    """From where the actor acts."""

    OPERATOR = "operator"
    MEMBER = "member"
    SYSTEM = "system"
    VISITOR = "visitor"
    """Somebody who has not proved who they are; the label is who they say to be."""


@dataclass(frozen=True)
class Actor:
    """A person or a process; ``label`` is what history shows (an e-mail address or a user name)."""

    kind: ActorKind
    label: str

    def __str__(self) -> str:
        return self.label


SYSTEM = Actor(ActorKind.SYSTEM, "system")
