"""Proving a second factor: by a code, a recovery code or a passkey; and proving anew who one is, before what matters.

Codes are counted by member and by network address with growing delays, as passwords are. A passkey cannot be guessed:
wrong answers count for the address alone, so that nobody is kept out of their passkey by somebody else's guesses.
"""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, is_password_usable
from django.db import transaction
from django.utils import timezone

from tenants.contract.errors import InvalidValueError
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ACCOUNT, ADDRESS, SECOND_FACTOR
from tenants.identity.errors import SecondFactorRefusedError, TooManyAttemptsError
from tenants.identity.factors.codes import matching_step
from tenants.identity.factors.passkeys import (
    Passkey,
    PasskeyRefusedError,
    Site,
    ask_for_passkey,
    credential_of,
    verify_passkey,
)
from tenants.identity.factors.recovery import hash_code, normalise_code
from tenants.identity.models import AuthenticatorApp, RecoveryCode, RegisteredPasskey, SignIn
from tenants.identity.services.challenges import PROVE, keep_challenge, take_challenge
from tenants.identity.services.factors import APP, PASSKEY, RECOVERY, known_passkeys, owner_of
from tenants.identity.visit import Visit
from tenants.identity.ways import expect_passwords
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.sealing import unseal
from tenants.registry.services.auditing import record
from tenants.workspace.models import Member

__all__ = [
    "RECENT", "ask_passkey", "is_recently_proved", "note_proof", "prove_by_code", "prove_by_passkey",
    "prove_by_password",
]  # fmt: skip

RECENT = timedelta(minutes=15)
"""For how long after a proof what matters may be changed without another."""


def prove_by_code(tenant: Tenant, member: Member, text: str, *, visit: Visit) -> None:
    """Take a code of the member's app, or a recovery code; each works once.

    Raises ``SecondFactorRefusedError``, told alike for wrong, used and resting, and ``TooManyAttemptsError``.
    """
    counter = attempt_counter()
    by_address, wait = counter.take(tenant.pk, ADDRESS, visit.address)
    if wait:
        raise TooManyAttemptsError
    _, wait = counter.take(tenant.pk, SECOND_FACTOR, str(member.pk))
    recovery = normalise_code(text)
    method = RECOVERY if recovery else APP
    if not wait and (_use_recovery_code(tenant, member, recovery) if recovery else _use_code(tenant, member, text)):
        counter.forget(tenant.pk, SECOND_FACTOR, str(member.pk))
        counter.give_back(tenant.pk, ADDRESS, visit.address, by_address)
        _record("use", tenant, member, visit, method)
        return
    if not wait:
        # What is tried while codes rest is not told again: the log grows with time, not with attempts.
        _record("refuse", tenant, member, visit, method)
    raise SecondFactorRefusedError


def ask_passkey(member: Member, site: Site, *, subject: UUID) -> str:
    """Return what to ask a browser for a proof by one of the member's passkeys, as JSON; empty where it has none."""
    known = known_passkeys(member, site)
    return keep_challenge(ask_for_passkey(site, known=known), purpose=PROVE, subject=subject) if known else ""


def prove_by_passkey(tenant: Tenant, member: Member, site: Site, answer: str, *, subject: UUID, visit: Visit) -> None:
    """Take a browser's answer; raises ``PasskeyRefusedError`` and ``TooManyAttemptsError``."""
    counter = attempt_counter()
    attempt, wait = counter.take(tenant.pk, ADDRESS, visit.address)
    if wait:
        raise TooManyAttemptsError
    try:
        _use_passkey(member, site, answer, subject)
    except PasskeyRefusedError:
        _record("refuse", tenant, member, visit, PASSKEY)
        raise
    counter.give_back(tenant.pk, ADDRESS, visit.address, attempt)
    _record("use", tenant, member, visit, PASSKEY)


def prove_by_password(tenant: Tenant, member: Member, password: str) -> None:
    """Take the member's password, where people sign in with one. Wrong ones are counted.

    Raises ``InvalidValueError`` (``password_wrong``) and ``PasswordNotOfferedError``.
    """
    expect_passwords(tenant)
    counter = attempt_counter()
    attempt, wait = counter.take(tenant.pk, ACCOUNT, member.email)
    if wait or not is_password_usable(member.password) or not check_password(password, member.password):
        raise InvalidValueError("password_wrong", "That is not your present password.", field="password")
    counter.give_back(tenant.pk, ACCOUNT, member.email, attempt)


def note_proof(sign_in_id: UUID) -> None:
    """Note that the member of a sign-in has proved anew who they are."""
    SignIn.objects.filter(pk=sign_in_id).update(proved_at=timezone.now())


def is_recently_proved(sign_in_id: UUID) -> bool:
    """Say whether the member of a sign-in has proved who they are a short while ago."""
    return SignIn.objects.filter(pk=sign_in_id, proved_at__gt=timezone.now() - RECENT).exists()


def _use_code(tenant: Tenant, member: Member, text: str) -> bool:
    app = AuthenticatorApp.objects.filter(member=member).first()
    if app is None:
        return False
    step = matching_step(unseal(app.secret, owner=owner_of(tenant, member)), text, last_step=app.last_step)
    # Of two who bring one code at once, one finds the step used.
    unused = AuthenticatorApp.objects.filter(pk=app.pk, last_step__lt=step or 0)
    return step is not None and bool(unused.update(last_step=step, last_used_at=timezone.now()))


def _use_recovery_code(tenant: Tenant, member: Member, code: str) -> bool:
    unused = RecoveryCode.objects.filter(
        member=member, code_hash=hash_code(code, owner=owner_of(tenant, member)), used_at=None
    )
    return bool(unused.update(used_at=timezone.now()))


def _use_passkey(member: Member, site: Site, answer: str, subject: UUID) -> None:
    challenge = take_challenge(answer, purpose=PROVE, subject=subject)
    with transaction.atomic():
        rows = RegisteredPasskey.objects.select_for_update().filter(member=member, host=site.host)
        row = rows.filter(credential_id=credential_of(answer)).first()
        if row is None:
            raise PasskeyRefusedError
        passkey = Passkey(row.credential_id, bytes(row.public_key), row.sign_count)
        count = verify_passkey(site, answer, challenge=challenge, passkey=passkey)
        RegisteredPasskey.objects.filter(pk=row.pk).update(sign_count=count, last_used_at=timezone.now())


def _record(what: str, tenant: Tenant, member: Member, visit: Visit, method: str) -> None:
    kind = ActorKind.MEMBER if what == "use" else ActorKind.VISITOR
    record(
        f"second_factor.{what}",
        actor=Actor(kind, member.email),
        tenant=tenant,
        target=member.email,
        address=visit.address,
        method=method,
    )
