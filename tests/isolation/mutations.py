"""Guards taken out one at a time, to see that the attacker notices."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One guard undone: ``before`` runs before the runtime is put together, ``after`` just after."""

    focus: tuple[str, ...]
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


MUTATIONS: dict[str, Mutation] = {}
