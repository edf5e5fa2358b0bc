"""Signing members in: one way for the chat's sign-in page and the settings'."""

from functools import cache

from django.contrib.auth.hashers import check_password, is_password_usable, make_password

from tenants.contract.tokens import SignedIn
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ACCOUNT, ADDRESS
from tenants.identity.browser import live_state
from tenants.identity.errors import NotAllowedError, SignInRefusedError, TooManyAttemptsError
from tenants.identity.services.completing import complete_sign_in
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.workspace.access.people import describe_person
from tenants.workspace.access.verdicts import refusal_of
from tenants.workspace.models import Member

__all__ = ["PASSWORD", "sign_in_with_password"]

PASSWORD = "password"  # noqa: S105 - the name of a way to sign in, not a secret


def sign_in_with_password(tenant: Tenant, *, email: str, password: str, visit: Visit) -> SignedIn:
    """Sign the active member in who has this e-mail address and password.

    Raises ``TooManyAttemptsError`` for a network address alone, ``NotAllowedError`` where the access policy refuses
    somebody who proved who they are, ``SecondFactorNeededError`` where it asks for more, and ``SignInRefusedError`` for
    every other reason. Each attempt computes one hash, whether the member is there or not, may sign in or not, is
    locked or not.
    """
    email = email.strip().lower()[:254]
    counter = attempt_counter()
    by_address, wait = counter.take(tenant.pk, ADDRESS, visit.address)
    if wait:
        raise TooManyAttemptsError
    _, wait = counter.take(tenant.pk, ACCOUNT, email)
    with tenant_schema(tenant):
        member = _find(email)
        matched = check_password(password, member.password if member else _nobodys_password())
        if member is not None and matched and not wait:
            counter.forget(tenant.pk, ACCOUNT, email)
            counter.give_back(tenant.pk, ADDRESS, visit.address, by_address)
            policy = live_state(tenant).access
            if refusal_of(policy, describe_person(member), method=PASSWORD, address=visit.address):
                _record_refusal(tenant, email, visit)
                raise NotAllowedError
            return complete_sign_in(tenant, member.pk, method=PASSWORD, visit=visit)
    if not wait:
        # What is tried while an account is locked is not told again: the log grows with time, not with attempts.
        _record_refusal(tenant, email, visit, locks=counter.is_resting(tenant.pk, ACCOUNT, email))
    raise SignInRefusedError


def _find(email: str) -> Member | None:
    member = Member.objects.filter(email=email, is_active=True).first()
    return member if member is not None and is_password_usable(member.password) else None


@cache
def _nobodys_password() -> str:
    """Return a hash to compare with where there is none, made like the members' own."""
    return make_password("the password of nobody")


def _record_refusal(tenant: Tenant, email: str, visit: Visit, *, locks: bool = False) -> None:
    for action in ("sign_in.refuse", *(["sign_in.lock"] if locks else [])):
        record(
            action,
            actor=Actor(ActorKind.VISITOR, email),
            tenant=tenant,
            target=email,
            address=visit.address,
            method=PASSWORD,
        )
