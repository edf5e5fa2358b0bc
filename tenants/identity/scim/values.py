"""What directories send, as it is stored."""

from typing import Any
from uuid import UUID

from scim2_models import InvalidValueException, NotFoundException

__all__ = ["LONGEST_EXTERNAL_ID", "cut", "identifier", "is_storable", "kept"]

LONGEST_EXTERNAL_ID = 255


def cut(value: str | None, longest: int) -> str:
    """Return a text that people only read, shortened where it does not fit; raises ``InvalidValueException``."""
    return _storable(value)[:longest].strip()


def kept(value: str | None, longest: int, what: str) -> str:
    """Return a text that is compared, so that it must fit whole; raises ``InvalidValueException``."""
    text = _storable(value)
    if len(text) > longest:
        raise InvalidValueException(detail=f"The {what} has more than {longest} characters.")
    return text


def identifier(value: str | None, what: str) -> UUID:
    """Return the id in an address; raises ``NotFoundException`` for what cannot be one."""
    try:
        found = UUID(value or "")
    except ValueError:
        found = None
    # Only in the spelling in which ids are given out, since they are compared as text everywhere else.
    if found is None or str(found) != value:
        raise NotFoundException(detail=f"There is no such {what}.")
    return found


def is_storable(value: Any) -> bool:
    """Say whether a value is a text that Postgres could hold: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _storable(value: str | None) -> str:
    if value and not is_storable(value):
        raise InvalidValueException(detail="The text holds a character that cannot be stored.")
    return (value or "").strip()
