"""How an attribute that has parts becomes a condition: one set of them, or many in rows of another table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, Q, QuerySet
from scim2_models.path import CompareOperator

from tenants.identity.scim.fields import ALWAYS, Field, Order, Simple

__all__ = ["Complex", "Many"]


@dataclass(frozen=True)
class Complex:
    """An attribute with parts, of which there is one; ``value`` is what it is compared by, if by anything."""

    parts: Mapping[str, Field]

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Compare by the part called value, as RFC 7643 2.4 has it."""
        return self.at("value").compare(op, value)

    def present(self) -> Q:
        """Say when any part is there."""
        return reduce(or_, (part.present() for part in self.parts.values()))

    def at(self, name: str) -> Field:
        """Return a part."""
        return self.parts[name]

    def order(self) -> Order:
        """Sort by the part called value."""
        return self.at("value").order()

    def select(self, condition: Q) -> Q:
        """Say when the parts satisfy a condition on them."""
        return condition


@dataclass(frozen=True)
class Many:
    """An attribute with many values, which are rows of another table."""

    rows: Callable[[], QuerySet[Any]]
    parts: Mapping[str, Field]

    def _any(self, condition: Q) -> Q:
        return Q(Exists(self.rows().filter(condition)))

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Say when any value compares so."""
        return self._any(self.parts["value"].compare(op, value))

    def present(self) -> Q:
        """Say when there is any value."""
        return self._any(ALWAYS)

    def at(self, name: str) -> Field:
        """Return a part of any of the values."""
        return PartOfMany(self, self.parts[name])

    def order(self) -> Order:
        """Values of many have no one order here."""
        raise KeyError("order")

    def select(self, condition: Q) -> Q:
        """Say when one value satisfies all of a condition on its parts."""
        return self._any(condition)


@dataclass(frozen=True)
class PartOfMany(Simple):
    """A part of the values of an attribute that has many."""

    many: Many
    part: Field

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Say when any value's part compares so."""
        return self.many._any(self.part.compare(op, value))

    def present(self) -> Q:
        """Say when any value has the part."""
        return self.many._any(self.part.present())

    def order(self) -> Order:
        """Values of many have no one order here."""
        raise KeyError("order")
