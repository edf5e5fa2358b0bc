"""Checks of what people sign in with, the same for a tenant's first owner and for every later member."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tenants.contract.errors import InvalidValueError

__all__ = ["checked_email", "checked_password"]


def checked_email(value: str, *, field: str = "email") -> str:
    """Return the address in its one spelling (trimmed, lower case); raises ``InvalidValueError`` ``email_invalid``."""
    email = value.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidValueError("email_invalid", "That is not an e-mail address.", field=field) from error
    return email


def checked_password(password: str, *, field: str = "password") -> str:
    """Return the password as it is; raises ``InvalidValueError`` ``password_weak`` with the validators' reasons."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidValueError("password_weak", " ".join(error.messages), field=field) from error
    return password
