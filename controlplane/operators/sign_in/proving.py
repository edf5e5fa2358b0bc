"""The second factor: a code of an app, a recovery code or a passkey, each good for once."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from controlplane.operators.models import AuthenticatorApp, RecoveryCode, RegisteredPasskey
from controlplane.operators.sign_in.auditing import PLATFORM, note, note_refusal
from controlplane.operators.sign_in.errors import FactorRefusedError, RestingError
from controlplane.operators.sign_in.sealing import unseal_secret
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ACCOUNT
from tenants.identity.factors.codes import matching_step
from tenants.identity.factors.passkeys import Passkey, PasskeyRefusedError, Site, credential_of, verify_passkey
from tenants.identity.factors.recovery import hash_code, normalise_code
from tenants.identity.visit import Visit

__all__ = ["Proof", "kept_passkeys", "owner_of_codes", "prove"]


@dataclass(frozen=True)
class Proof:
    """What somebody typed, or what their browser answered to a challenge that the caller kept and has taken out."""

    code: str = ""
    answer: str = ""
    challenge: str = ""


def prove(operator: User, proof: Proof, *, site: Site, visit: Visit) -> str:
    """Return the way in which an operator proved a second factor, and use it up.

    Raises ``FactorRefusedError`` or ``PasskeyRefusedError``, and ``RestingError`` where too many were wrong.
    """
    subject, counter = f"second factor of {operator.pk}", attempt_counter()
    _, wait = counter.take(PLATFORM, ACCOUNT, subject)
    if wait:
        raise RestingError
    method = "passkey" if proof.answer else "code"
    try:
        with transaction.atomic():
            used = _use_passkey(operator, proof, site) if proof.answer else _use_code(operator, proof.code, visit)
    except (FactorRefusedError, PasskeyRefusedError):
        locks = counter.is_resting(PLATFORM, ACCOUNT, subject)
        note_refusal(operator.get_username(), visit, method=method, locks=locks)
        raise
    counter.forget(PLATFORM, ACCOUNT, subject)
    return used


def kept_passkeys(operator: User, site: Site) -> list[Passkey]:
    """Return the operator's passkeys for a host."""
    rows = RegisteredPasskey.objects.filter(operator=operator, host=site.host)
    return [_passkey(row) for row in rows]


def owner_of_codes(operator: User) -> str:
    """Return whose recovery codes these are, as their hashes say it."""
    return f"operator/{operator.pk}"


def _use_code(operator: User, code: str, visit: Visit) -> str:
    if recovery := normalise_code(code):
        hashed = hash_code(recovery, owner=owner_of_codes(operator))
        codes = RecoveryCode.objects.filter(operator=operator, code_hash=hashed, used_at=None)
        if not codes.update(used_at=timezone.now()):
            raise FactorRefusedError
        left = RecoveryCode.objects.filter(operator=operator, used_at=None).count()
        note("operator.use_recovery_code", operator.get_username(), visit, changes={"left": left})
        return "recovery code"
    app = AuthenticatorApp.objects.select_for_update().filter(operator=operator).first()
    step = matching_step(unseal_secret(operator, app.secret), code, last_step=app.last_step) if app else None
    if app is None or step is None:
        raise FactorRefusedError
    AuthenticatorApp.objects.filter(pk=app.pk).update(last_step=step, last_used_at=timezone.now())
    return "code"


def _use_passkey(operator: User, proof: Proof, site: Site) -> str:
    wanted = {"operator": operator, "host": site.host, "credential_id": credential_of(proof.answer)}
    row = RegisteredPasskey.objects.select_for_update().filter(**wanted).first()
    if row is None:
        raise PasskeyRefusedError
    count = verify_passkey(site, proof.answer, challenge=proof.challenge, passkey=_passkey(row))
    RegisteredPasskey.objects.filter(pk=row.pk).update(sign_count=count, last_used_at=timezone.now())
    return "passkey"


def _passkey(row: RegisteredPasskey) -> Passkey:
    return Passkey(row.credential_id, bytes(row.public_key), row.sign_count, tuple(row.transports))
