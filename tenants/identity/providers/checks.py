"""Values of an identity provider, whatever its kind, as they are stored."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from tenants.contract.access import MAXIMUM_EMAIL_DOMAINS, PASSWORD_METHOD
from tenants.contract.email_domains import InvalidEmailDomainError, normalise_email_domain
from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Role
from tenants.identity.models import IdentityProvider

__all__ = ["RESERVED_IDS", "ProviderValues", "checked_id", "checked_values"]

MAXIMUM_RULES = 100
RESERVED_IDS = frozenset({"add", PASSWORD_METHOD.id})
"""What no provider is called: the page at which one is added, and the way to sign in that is none."""


class ProviderValues(TypedDict, total=False):
    """What can be said of every provider. ``settings`` are in the shape of its kind."""

    label: str
    preset: str
    settings: Mapping[str, Any]
    email_domains: Iterable[str]
    role_rules: Iterable[Mapping[str, str]]
    default_role: str
    creates_members: bool
    requires_verified_email: bool
    asks_second_factor: bool


def checked_id(value: str) -> str:
    """Return the id of a new provider, which is also a part of addresses; raises ``InvalidValueError``."""
    if value in RESERVED_IDS:
        raise InvalidValueError(
            "provider_id_reserved", f"“{value}” means something else here. Choose another short name.", field="id"
        )
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,38}", value):
        raise InvalidValueError(
            "provider_id_invalid",
            "A short name begins with a letter and has only small letters, digits and hyphens, at most 39.",
            field="id",
        )
    return value


def checked_values(values: ProviderValues) -> dict[str, Any]:
    """Return the values but ``settings`` as columns have them; raises ``InvalidValueError`` naming the field."""
    checked: dict[str, Any] = {name: value for name, value in values.items() if name != "settings"}
    for name, check in _CHECKS.items():
        if name in checked:
            checked[name] = check(checked[name])
    return checked


def _label(value: str) -> str:
    label = value.strip()
    if not 0 < len(label) <= 60 or not label.isprintable():
        raise InvalidValueError(
            "provider_label_invalid", "A name has one to 60 characters; it is what the button says.", field="label"
        )
    return label


def _email_domains(values: Iterable[str]) -> list[str]:
    domains = list(dict.fromkeys(normalise_email_domain(value) for value in values))
    if len(domains) > MAXIMUM_EMAIL_DOMAINS:
        raise InvalidEmailDomainError(f"At most {MAXIMUM_EMAIL_DOMAINS} domains fit here.")
    return domains


def _role_rules(rules: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    checked = [{"group": str(rule.get("group", "")).strip(), "role": str(rule.get("role", ""))} for rule in rules]
    if len(checked) > MAXIMUM_RULES:
        raise _invalid_rules(f"At most {MAXIMUM_RULES} rules fit here.")
    for rule in checked:
        if not 0 < len(rule["group"]) <= 255 or rule["role"] not in set(Role):
            raise _invalid_rules("A rule names a group and one of the roles owner, admin and member.")
    return checked


def _default_role(value: str) -> str:
    if value not in IdentityProvider.Role.values:
        raise InvalidValueError(
            "role_invalid",
            "By default a person becomes a member or an admin; owners need a rule.",
            field="default_role",
        )
    return value


def _invalid_rules(message: str) -> InvalidValueError:
    return InvalidValueError("role_rules_invalid", message, field="role_rules")


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "label": _label,
    "email_domains": _email_domains,
    "role_rules": _role_rules,
    "default_role": _default_role,
}
