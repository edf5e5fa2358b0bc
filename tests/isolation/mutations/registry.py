"""Guards taken out one at a time, to see that the attacker notices: how each is registered.

Each function undoes one guard, as a slip in its module would, and is called when Chainlit is imported but nothing of
ours has been put in its place yet. ``focus`` names the moves that would meet the gap.
"""

from collections.abc import Callable
from dataclasses import dataclass

Undo = Callable[[], None]


@dataclass(frozen=True)
class Mutation:
    """One guard undone."""

    focus: tuple[str, ...]
    undo: Undo


MUTATIONS: dict[str, Mutation] = {}


def without(guard: str, *focus: str) -> Callable[[Undo], Undo]:
    """Register a function that undoes a guard."""

    def register(undo: Undo) -> Undo:
        MUTATIONS[guard] = Mutation(focus, undo)
        return undo

    return register
