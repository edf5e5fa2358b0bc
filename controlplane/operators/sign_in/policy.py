"""Whether an operator needs a second factor: ``OPERATOR_SECOND_FACTOR``."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.checks import CheckMessage, Error, Tags, register

from controlplane.operators.models import AuthenticatorApp, RegisteredPasskey

__all__ = ["SecondFactor", "check_second_factor_setting", "has_second_factor", "second_factor_is_required"]


class SecondFactor(StrEnum):
    """What the setting may be."""

    REQUIRED = "required"
    """Whoever has none sets one up before anything else."""
    OPTIONAL = "optional"
    """Whoever has one is asked for it; nobody must."""


def second_factor_is_required() -> bool:
    """Say whether every operator needs one here."""
    return settings.OPERATOR_SECOND_FACTOR != SecondFactor.OPTIONAL


def has_second_factor(operator: User) -> bool:
    """Say whether an operator has an authenticator app or a passkey; recovery codes alone are none."""
    return (
        AuthenticatorApp.objects.filter(operator=operator).exists()
        or RegisteredPasskey.objects.filter(operator=operator).exists()
    )


@register(Tags.security)
def check_second_factor_setting(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a value that is none, and production in which a password alone opens every tenant."""
    value = settings.OPERATOR_SECOND_FACTOR
    if value not in set(SecondFactor):
        return [Error("OPERATOR_SECOND_FACTOR is required or optional.", id="operators.E001")]
    if settings.IS_PRODUCTION and value != SecondFactor.REQUIRED:
        return [
            Error(
                "OPERATOR_SECOND_FACTOR must be required in production: a password alone would open every tenant.",
                id="operators.E002",
            )
        ]
    return []
