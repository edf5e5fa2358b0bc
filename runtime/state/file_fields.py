"""Reading the fields of a file that a person wrote: each mistake is told with its field and never with a value."""

from collections.abc import Callable, Mapping
from typing import Any

from tenants.contract.errors import InvalidValueError

__all__ = ["TenantFileError", "checked", "required", "table"]


class TenantFileError(ValueError):
    """A tenant's file cannot be used; ``field`` is where, in the file's own words, and ``reason`` holds no value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def required(document: Mapping[str, Any], field: str) -> Any:
    """Return a field's value; raises ``TenantFileError`` where it is missing."""
    if field not in document:
        raise TenantFileError(field, "required")
    return document[field]


def table(document: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return a table, empty where it is missing; raises ``TenantFileError`` for anything else."""
    value = document.get(field, {})
    if not isinstance(value, dict):
        raise TenantFileError(field, "a table is expected")
    return value


def checked(field: str, validate: Callable[[str], str], value: str) -> str:
    """Return what a rule of the contract makes of a value; raises ``TenantFileError`` with the rule's sentence."""
    try:
        return validate(value)
    except InvalidValueError as error:
        raise TenantFileError(field, error.message) from None
