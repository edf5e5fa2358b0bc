"""Names of a tenant's custom flags."""

import re

from tenants.contract.errors import InvalidValueError

__all__ = ["validate_flag_name"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def validate_flag_name(name: str) -> str:
    """Return ``name`` when a flag may carry it, else raise ``InvalidValueError`` that says the rule."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            "flag_name_invalid",
            f"“{name[:63]}” is not a flag name: lower-case letters, digits and underscores, starting with a letter.",
            field="name",
        )
    return name
