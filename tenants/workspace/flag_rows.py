"""Flags as rows, and as documents have them."""

import hashlib
from typing import Any

import msgspec

from tenants.contract.flags import Flag as Definition
from tenants.contract.flags import FlagKind, FlagWords
from tenants.workspace.models import Flag

__all__ = ["columns_of", "compile_flag", "definition_of", "fingerprint"]


def compile_flag(row: Flag) -> FlagWords:
    """Return a row as documents have it: a switch without rules is True or False."""
    return definition_of(row) if row.definition else row.enabled


def definition_of(row: Flag) -> Definition:
    """Return a row with its values and rules; a switch without rules is on for everybody as soon as it is on."""
    return msgspec.convert({"default": "on", **row.definition, "enabled": row.enabled}, Definition)


def columns_of(flag: FlagWords) -> dict[str, Any]:
    """Return the columns of a row that ``compile_flag`` makes this flag of."""
    if isinstance(flag, bool):
        return {"enabled": flag, "definition": {}}
    if flag.kind is FlagKind.SWITCH and not flag.rules:
        return {"enabled": flag.enabled and flag.default == "on", "definition": {}}
    definition = msgspec.to_builtins(flag)
    definition.pop("enabled", None)
    # Said also where it is the contract's own, so that a column that is empty says that there is nothing.
    definition["default"] = flag.default
    return {"enabled": flag.enabled, "definition": definition}


def fingerprint(row: Flag) -> str:
    """Return what is another text as soon as somebody changes a flag: forms carry it."""
    shown = [row.name, row.enabled, row.description, row.definition]
    return hashlib.sha256(msgspec.json.encode(shown, order="sorted")).hexdigest()[:32]
