"""What callers say of a file, checked before anything is begun; which one of its role it is, the pipeline checks."""

import re
import unicodedata
from uuid import UUID

from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.state import AssetRole

__all__ = ["checked_description", "checked_id", "checked_role", "display_name"]

_LONGEST_DESCRIPTION = 200


def checked_role(role: str) -> AssetRole:
    """Return the role; raises ``InvalidValueError`` (``role_unknown``)."""
    try:
        return AssetRole(role)
    except ValueError as error:
        raise InvalidValueError("role_unknown", f"There is no place for a file “{role[:40]}”.", field="role") from error


def checked_id(asset_id: UUID | str) -> UUID:
    """Return an upload's id; raises ``NotFoundError`` (``asset_not_found``) for what cannot be one."""
    try:
        return UUID(str(asset_id))
    except ValueError as error:
        raise NotFoundError("asset_not_found", "There is no such upload.") from error


def checked_description(alt: str) -> str:
    """Return what a picture shows in one line; raises ``InvalidValueError`` (``alt_invalid``)."""
    line = " ".join(alt.split())
    if len(line) > _LONGEST_DESCRIPTION or _visible(line) != line:
        raise InvalidValueError("alt_invalid", "A description is one line of at most 200 characters.", field="alt")
    return line


def display_name(file_name: str) -> str:
    """Return the last part of a file name without control, format and surrogate characters: people see it."""
    return _visible(re.split(r"[/\\]", file_name)[-1]).strip()[:120] or "unnamed"


def _visible(text: str) -> str:
    return "".join(character for character in text if not unicodedata.category(character).startswith("C"))
