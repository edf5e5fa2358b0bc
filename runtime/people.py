"""Who is present: the person that the running code answers, as flags see one. The host of Chainlit knows."""

from collections.abc import Mapping
from typing import Any, Protocol

from tenants.contract.flag_evaluation import NOBODY, Person

__all__ = ["People", "User", "present_people", "use_people"]


class User(Protocol):
    """Somebody in a chat: Chainlit's ``User``."""

    @property
    def identifier(self) -> str:
        """What the tenant tells people apart by."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the sign-in says of them."""


class People(Protocol):
    """Who knows the people of the bound tenant."""

    def present(self) -> Person:
        """Return the person this code runs for; ``NOBODY`` where there is none."""

    def describe(self, user: User) -> Person:
        """Return a person by their ``cl.User``."""


class _Nobody:
    def present(self) -> Person:
        return NOBODY

    def describe(self, user: User) -> Person:
        identifier = str(user.identifier).lower()
        return Person(key=identifier, email=identifier)


_people: People = _Nobody()


def use_people(people: People) -> None:
    """Say who knows; called once, by the host of Chainlit."""
    global _people  # noqa: PLW0603 - one a process, as Chainlit's own context is
    _people = people


def present_people() -> People:
    """Return who knows."""
    return _people
