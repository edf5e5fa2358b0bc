"""SCIM filters and orders as Django's conditions (RFC 7644, 3.4.2.2 and 3.4.2.3).

The library parses a filter and refuses attributes and operators that the schemas do not know; here each attribute has
one place in the tables. A value only ever becomes a parameter of a query. Every condition is true or false and never
unknown, also of people whom no directory told anything about, so that "not" means what it says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_
from typing import Any, Protocol
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
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
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from tenants.identity.scim.models import ScimEmail, ScimGroup, ScimUser
from tenants.workspace.models import Member

__all__ = ["GROUP_FIELDS", "USER_FIELDS", "condition_of", "order_of"]

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

    def select(self, node: FilterNode) -> Q:
        """Say when the parts satisfy a filter in brackets."""
        return condition_of(node, self.parts)


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

    def select(self, node: FilterNode) -> Q:
        """Say when one value satisfies all of a filter in brackets."""
        return self._any(condition_of(node, self.parts))


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


class Conditions(FilterVisitor[Q]):
    """From a filter's tree to a condition."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields

    def visit_comparison(self, node: Comparison) -> Q:
        """Compare one attribute; "ne" is the opposite of "eq", also where there is no value."""
        field = find_field(node.attr_path, self._fields)
        op = CompareOperator.eq if node.op is CompareOperator.ne else node.op
        if node.value is None:
            matches = ~field.present() if op is CompareOperator.eq else NEVER
        else:
            try:
                matches = field.compare(op, node.value)
            except KeyError as error:
                raise _unknown(node.attr_path) from error
        return ~matches if node.op is CompareOperator.ne else matches

    def visit_present(self, node: Present) -> Q:
        """Ask whether there is a value."""
        return find_field(node.attr_path, self._fields).present()

    def visit_not(self, node: Not) -> Q:
        """Turn a condition round."""
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        """Join conditions."""
        join = and_ if node.op is LogicalOperator.and_ else or_
        return reduce(join, (self.visit(term) for term in node.terms))

    def visit_value_path(self, node: ValuePath) -> Q:
        """Ask for one value that satisfies a filter of its own."""
        field = find_field(node.attr_path, self._fields)
        if not isinstance(field, Complex | Many):
            raise _unknown(node.attr_path)
        return field.select(node.val_filter)


def condition_of(node: FilterNode, fields: Mapping[str, Field]) -> Q:
    """Return a parsed filter as a condition; raises ``InvalidFilterException``."""
    return Conditions(fields).visit(node)


def order_of(path: str, fields: Mapping[str, Field]) -> Order:
    """Return what to sort by for an attribute's path; raises ``InvalidFilterException`` for what has no order."""
    attribute, _, part = path.rpartition(":")[2].partition(".")
    attr_path = AttrPath(attribute, part or None)
    try:
        return find_field(attr_path, fields).order()
    except KeyError as error:
        raise InvalidFilterException(detail=f"“{path}” cannot be sorted by.") from error


def find_field(path: AttrPath, fields: Mapping[str, Field]) -> Field:
    """Return an attribute's place; raises ``InvalidFilterException`` where it has none."""
    try:
        field = fields[path.attr.lower()]
        return field.at(path.sub_attr.lower()) if path.sub_attr else field
    except KeyError as error:
        raise _unknown(path) from error


def is_storable(value: Any) -> bool:
    """Say whether a value is a text that Postgres could hold: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _as(kind: type, value: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise InvalidFilterException(detail=f"“{value}” cannot be compared with this attribute.") from error


def _unknown(path: AttrPath) -> InvalidFilterException:
    return InvalidFilterException(detail=f"“{path}” cannot be filtered by.")


def _meta(kind: str, modified: Order) -> Complex:
    return Complex(
        {
            "resourcetype": Constant(kind, exact=True),
            "created": Moment(F("created_at")),
            "lastmodified": Moment(modified),
        }
    )


USER_FIELDS: Mapping[str, Field] = {
    "id": Identifier(),
    "externalid": Known(Text("external_id", exact=True)),
    "username": Text("email", folded=True),
    "displayname": Text("name"),
    "name": Complex(
        {
            "formatted": Known(Text("formatted_name")),
            "givenname": Known(Text("given_name")),
            "familyname": Known(Text("family_name")),
        }
    ),
    "active": Switch("is_active"),
    "emails": Many(
        lambda: ScimEmail.objects.filter(user=OuterRef("pk")),
        {"value": Text("value"), "type": Text("type"), "display": Text("display"), "primary": Switch("is_primary")},
    ),
    "groups": Many(
        lambda: ScimGroup.objects.filter(members=OuterRef("pk")),
        {"value": Identifier(), "display": Text("display_name"), "type": Constant("direct")},
    ),
    "roles": Complex({"value": Text("role"), "primary": Constant(value=True)}),
    "meta": _meta("User", Coalesce(F("directory__updated_at"), F("created_at"))),
    "schemas": Constant("urn:ietf:params:scim:schemas:core:2.0:User", exact=True),
}
GROUP_FIELDS: Mapping[str, Field] = {
    "id": Identifier(),
    "externalid": Text("external_id", exact=True),
    "displayname": Text("display_name"),
    "members": Many(
        lambda: Member.objects.filter(directory_groups=OuterRef("pk")),
        {"value": Identifier(), "type": Constant("User")},
    ),
    "meta": _meta("Group", F("updated_at")),
    "schemas": Constant("urn:ietf:params:scim:schemas:core:2.0:Group", exact=True),
}
