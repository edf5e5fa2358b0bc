"""Flags in a person's words."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenants.contract.flags import Flag, FlagKind, FlagRule, FlagValue

__all__ = ["describe_audience", "describe_document", "describe_flag", "describe_share", "describe_value"]

MOST_NAMED = 3


def describe_flag(flag: Flag) -> str:
    """Return in one line whom a flag gives what, and who gets nothing of it while it is off."""
    if flag.kind is FlagKind.SWITCH and not flag.rules:
        return "on" if flag.enabled and flag.default == "on" else "off"
    parts = [f"{rule.variant} for {describe_share(rule)}" for rule in flag.rules]
    parts.append(f"{flag.default} for everybody{' else' if parts else ''}")
    line = "; ".join(parts)
    if flag.kind is not FlagKind.SWITCH:
        values = ", ".join(f"{name} = {describe_value(value)}" for name, value in sorted(flag.values.items()))
        line = f"{line} ({values})"
    return line if flag.enabled else f"off; when on: {line}"


def describe_document(flag: bool | Mapping[str, Any]) -> str:
    """Return the same for a flag as a published document has it."""
    if isinstance(flag, bool):
        return "on" if flag else "off"
    return describe_flag(msgspec.convert(flag, Flag))


def describe_share(rule: FlagRule) -> str:
    """Return for whom a rule is: “20 % of admins at acme.example”."""
    audience = describe_audience(rule)
    return audience if rule.percent == 100 else f"{rule.percent:g} % of {audience}"


def describe_audience(rule: FlagRule) -> str:
    """Return whom the lists of a rule name; several lists narrow each other down."""
    roles = [f"{role.value}s" for role in rule.roles]
    people = _listed(rule.members) if rule.members else _listed(roles) if roles else ""
    narrowed = [f"who are {_listed(roles)}"] if rule.members and roles else []
    if rule.email_domains:
        narrowed.append(f"at {_listed(rule.email_domains)}")
    if rule.groups:
        narrowed.append(f"in the group {_listed(rule.groups)}")
    if rule.locales:
        narrowed.append(f"reading {_listed(rule.locales)}")
    return " ".join([people or ("people" if narrowed else "everybody"), *narrowed])


def describe_value(value: FlagValue | None) -> str:
    """Return a value as app code gets it; None is the app's own default."""
    if value is None:
        return "the app's own default"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return f"“{value}”"
    return msgspec.json.encode(value, order="sorted").decode()


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown.append(f"{len(names) - MOST_NAMED} more")
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
