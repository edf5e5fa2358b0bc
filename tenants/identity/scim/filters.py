"""SCIM filters and orders as Django's conditions (RFC 7644, 3.4.2.2 and 3.4.2.3).

The library parses a filter and refuses attributes and operators that the schemas do not know; here its tree becomes one
condition, of the fields in which the attributes are kept.
"""

from collections.abc import Mapping
from functools import reduce
from operator import and_, or_

from django.db.models import Q
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

from tenants.identity.scim.compounds import Complex, Many
from tenants.identity.scim.fields import NEVER, Field, Order

__all__ = ["condition_of", "order_of"]


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
        return field.select(condition_of(node.val_filter, field.parts))


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


def _unknown(path: AttrPath) -> InvalidFilterException:
    return InvalidFilterException(detail=f"“{path}” cannot be filtered by.")
