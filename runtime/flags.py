"""A tenant's flags as app code reads them: a mapping that answers for the person who is present."""

from collections.abc import Iterator, Mapping
from typing import cast

from runtime.people import present_people
from tenants.contract.flag_evaluation import FlagSet, Person
from tenants.contract.flags import FlagValue
from tenants.contract.state import TenantState

__all__ = ["FlagValues", "compile_flags"]


def compile_flags(state: TenantState) -> FlagSet:
    """Return a state's flags ready to be asked."""
    return FlagSet(state.flags)


class FlagValues(Mapping[str, FlagValue]):
    """What each flag is worth to the present person. A flag that gives no value (it is off) is absent."""

    __slots__ = ("_flags", "_known")

    def __init__(self, flags: FlagSet) -> None:
        self._flags = flags
        self._known: Person | None = None

    @property
    def _person(self) -> Person:
        if self._known is None:
            self._known = present_people().present()
        return self._known

    def __getitem__(self, name: str) -> FlagValue:
        evaluation = self._flags.evaluate(name, self._person)
        if evaluation is None or evaluation.variant is None:
            raise KeyError(name)
        return cast("FlagValue", evaluation.value)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._flags if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))
