"""How an attribute that has no parts becomes a condition, by the kind of its place in the tables.

A value only ever becomes a parameter of a query. Every condition is true or false and never unknown, also of people
whom no directory told anything about, so that "not" means what it says.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Cast, Coalesce, Collate, Lower
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)
from pydantic import TypeAdapter, ValidationError
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator

from tenants.identity.scim.models import ScimUser
from tenants.identity.scim.values import is_storable

__all__ = ["ALWAYS", "NEVER", "Constant", "Field", "Identifier", "Known", "Moment", "Order", "Simple", "Switch", "Text"]

ALWAYS = Q(pk__isnull=False)
NEVER = Q(pk__in=())
ORDERINGS = {
    CompareOperator.gt: GreaterThan,
    CompareOperator.ge: GreaterThanOrEqual,
    CompareOperator.lt: LessThan,
    CompareOperator.le: LessThanOrEqual,
}
LIKES = {CompareOperator.co: Contains, CompareOperator.sw: StartsWith, CompareOperator.ew: EndsWith}
FRAGMENTS = {CompareOperator.co: "contains", CompareOperator.sw: "startswith", CompareOperator.ew: "endswith"}

Order = Expression | F


class Field(Protocol):
    """An attribute's place in the tables; ``compare`` is never asked for "ne" or for null."""

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Return when a value compares so."""

    def present(self) -> Q:
        """Return when there is a value."""

    def at(self, name: str) -> "Field":
        """Return a part; raises ``KeyError``."""

    def order(self) -> Order:
        """Return what to sort by."""


class Simple:
    """What has no parts."""

    def at(self, name: str) -> Field:
        """Return a part; there is none."""
        raise KeyError(name)


@dataclass(frozen=True)
class Text(Simple):
    """A text column; ``exact`` tells upper from lower case, ``folded`` says that all stored values are lower case."""

    lookup: str
    exact: bool = False
    folded: bool = False

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Compare as Python does: by code points, not by a language's alphabet."""
        if not is_storable(value):
            return NEVER
        if not self.exact:
            value = value.lower()
        kept = self.present()
        if op is CompareOperator.eq:
            insensitive = not (self.exact or self.folded)
            return kept & Q(**{f"{self.lookup}__iexact" if insensitive else self.lookup: value})
        if op in FRAGMENTS:
            prefix = "" if self.exact else "i"
            return kept & Q(**{f"{self.lookup}__{prefix}{FRAGMENTS[op]}": value})
        return kept & Q(ORDERINGS[op](self.order(), Value(value)))

    def present(self) -> Q:
        """Say when the text is neither missing nor empty."""
        return Q(**{f"{self.lookup}__gt": ""})

    def order(self) -> Order:
        """Sort by code points; what is missing counts as empty."""
        column = Coalesce(F(self.lookup), Value(""))
        return Collate(column if self.exact else Lower(column), "C")


@dataclass(frozen=True)
class Known(Simple):
    """A text that a directory told of somebody. Most members have no such row, and none is joined to ask for it."""

    text: Text

    def _any(self, condition: Q) -> Q:
        return Q(Exists(ScimUser.objects.filter(condition, member=OuterRef("pk"))))

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Say when there is such a text and it compares so."""
        return self._any(self.text.compare(op, value))

    def present(self) -> Q:
        """Say when there is such a text."""
        return self._any(self.text.present())

    def order(self) -> Order:
        """Sort as the text itself; what is missing counts as empty."""
        return replace(self.text, lookup=f"directory__{self.text.lookup}").order()


@dataclass(frozen=True)
class Identifier(Simple):
    """A UUID, which directories see as text."""

    lookup: str = "pk"

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Compare; equality is by the index."""
        if not is_storable(value):
            return NEVER
        if op is CompareOperator.eq:
            try:
                same = str(UUID(value)) == value
            except ValueError:
                return NEVER
            return Q(**{self.lookup: value}) if same else NEVER
        if op in FRAGMENTS:
            return Q(LIKES[op](self.order(), Value(value)))
        return Q(ORDERINGS[op](self.order(), Value(value)))

    def present(self) -> Q:
        """There always is one."""
        return ALWAYS

    def order(self) -> Order:
        """Sort as the text that is shown."""
        return Collate(Cast(F(self.lookup), CharField()), "C")


@dataclass(frozen=True)
class Switch(Simple):
    """A boolean column, which may be null."""

    lookup: str

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Only equality comes here: the library refuses what has no meaning."""
        return self.present() & Q(**{self.lookup: _as(bool, value)})

    def present(self) -> Q:
        """Say when it is not null."""
        return Q(**{f"{self.lookup}__isnull": False})

    def order(self) -> Order:
        """Sort what is off before what is on."""
        return Coalesce(F(self.lookup), Value(value=False))


@dataclass(frozen=True)
class Moment(Simple):
    """A time that is always there."""

    column: Order

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Compare points in time; fragments of one mean nothing."""
        if op in FRAGMENTS:
            return NEVER
        at: datetime = _as(datetime, value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if op is CompareOperator.eq:
            return Q(Exact(self.column, Value(at)))
        return Q(ORDERINGS[op](self.column, Value(at)))

    def present(self) -> Q:
        """There always is one."""
        return ALWAYS

    def order(self) -> Order:
        """Sort by time."""
        return self.column


@dataclass(frozen=True)
class Constant(Simple):
    """What is the same for all."""

    value: str | bool
    exact: bool = False

    def compare(self, op: CompareOperator, value: Any) -> Q:
        """Compare here, without asking the database."""
        if isinstance(self.value, bool):
            return ALWAYS if _as(bool, value) is self.value else NEVER
        own, other = (self.value, str(value)) if self.exact else (self.value.lower(), str(value).lower())
        answers = {
            CompareOperator.eq: own == other,
            CompareOperator.co: other in own,
            CompareOperator.sw: own.startswith(other),
            CompareOperator.ew: own.endswith(other),
            CompareOperator.gt: own > other,
            CompareOperator.ge: own >= other,
            CompareOperator.lt: own < other,
            CompareOperator.le: own <= other,
        }
        return ALWAYS if answers[op] else NEVER

    def present(self) -> Q:
        """There always is one."""
        return ALWAYS

    def order(self) -> Order:
        """Sort by nothing."""
        return Value(str(self.value))


def _as(kind: type, value: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise InvalidFilterException(detail=f"“{value}” cannot be compared with this attribute.") from error
