"""Guards taken out one at a time, to see that the attacker notices: how each is registered.

Each function undoes one guard, as a slip in its module would. Those of the runtime are called when Chainlit is imported
but nothing of ours has been put in its place yet, those of the control plane when all of it is imported. ``focus``
names the moves that would meet the gap.
"""

from collections.abc import Callable
from dataclasses import dataclass

Undo = Callable[[], None]


@dataclass(frozen=True)
class Mutation:
    """One guard undone."""

    focus: tuple[str, ...]
    undo: Undo


class Mutations(dict[str, Mutation]):
    """Guards by what they are called, each with what takes it out."""

    def without(self, guard: str, *focus: str) -> Callable[[Undo], Undo]:
        """Register a function that undoes a guard."""

        def register(undo: Undo) -> Undo:
            self[guard] = Mutation(focus, undo)
            return undo

        return register


MUTATIONS = Mutations()
without = MUTATIONS.without
