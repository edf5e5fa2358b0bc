"""The first factor: an operator's password, tried no oftener than the limits let it be."""

from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User

from controlplane.operators.sign_in.auditing import PLATFORM, note_refusal
from controlplane.operators.sign_in.errors import OperatorRefusedError, RestingError
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ACCOUNT, ADDRESS
from tenants.identity.visit import Visit

__all__ = ["PASSWORD", "check_operator_password"]

PASSWORD = "password"  # noqa: S105 - the name of a way to sign in, not a secret


def check_operator_password(*, username: str, password: str, visit: Visit) -> User:
    """Return the active operator with this name and password, who is not signed in by that.

    Raises ``RestingError`` for a network address alone and ``OperatorRefusedError`` for every other reason; each
    attempt computes one hash, whoever it is for.
    """
    username, counter = username.strip()[:150], attempt_counter()
    by_address, wait = counter.take(PLATFORM, ADDRESS, visit.address)
    if wait:
        raise RestingError
    _, wait = counter.take(PLATFORM, ACCOUNT, username.lower())
    operator = User.objects.filter(username=username, is_active=True, is_staff=True).first()
    usable = operator is not None and operator.has_usable_password()
    matched = check_password(password, operator.password if operator and usable else _nobodys_password())
    if operator is not None and usable and matched and not wait:
        counter.forget(PLATFORM, ACCOUNT, username.lower())
        counter.give_back(PLATFORM, ADDRESS, visit.address, by_address)
        return operator
    if not wait:
        # What is tried while an account rests is not told again: the log grows with time, not with attempts.
        locks = counter.is_resting(PLATFORM, ACCOUNT, username.lower())
        note_refusal(username, visit, method=PASSWORD, locks=locks)
    raise OperatorRefusedError


@cache
def _nobodys_password() -> str:
    """Return a hash to compare with where there is none, made like the operators' own."""
    return make_password("the password of nobody")
