"""Fields that the forms of all kinds of providers have: e-mail domains, and roles by group."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from tenants.contract.email_domains import normalise_email_domain
from tenants.contract.errors import DomainError
from tenants.contract.roles import Role
from tenants.workspace.switches import LinesField

__all__ = ["domains_field", "read_rules", "rules_field", "written_rules"]


def domains_field() -> LinesField:
    """Return the field of a provider's e-mail domains."""
    return LinesField(
        check=_check_domain,
        label="Only e-mail addresses at",
        required=False,
        help_text="One domain a line. Empty for all of the provider's people.",
    )


def rules_field() -> LinesField:
    """Return the field of a provider's rules for roles, which ``read_rules`` reads."""
    return LinesField(
        check=_check_rule,
        label="Roles by group",
        required=False,
        help_text="One rule a line: a group = owner, admin or member. The first that holds decides at each sign-in.",
    )


def read_rules(lines: Iterable[str]) -> list[dict[str, str]]:
    """Return the rules as they are stored, of lines that the field has checked."""
    return [_rule(line) for line in lines]


def written_rules(rules: Iterable[Mapping[str, str]]) -> list[str]:
    """Return stored rules as lines."""
    return [f"{rule['group']} = {rule['role']}" for rule in rules]


def _rule(line: str) -> dict[str, str]:
    group, _, role = line.rpartition("=")
    return {"group": group.strip(), "role": role.strip().lower()}


def _check_domain(line: str) -> None:
    try:
        normalise_email_domain(line)
    except DomainError as error:
        raise ValidationError(error.message, code=error.code) from error


def _check_rule(line: str) -> None:
    rule = _rule(line)
    if not rule["group"] or rule["role"] not in set(Role):
        raise ValidationError(f"“{line[:60]}” is no rule; write a group, an equals sign and owner, admin or member.")
