"""Everything that gives an operator a second factor or takes one away."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from controlplane.operators.models import AuthenticatorApp, OpenSession, RecoveryCode, RegisteredPasskey
from controlplane.operators.sign_in.auditing import note
from controlplane.operators.sign_in.errors import FactorNeededError, FactorRefusedError
from controlplane.operators.sign_in.policy import has_second_factor, second_factor_is_required
from controlplane.operators.sign_in.proving import owner_of_codes
from controlplane.operators.sign_in.sealing import seal_secret
from controlplane.operators.sign_in.sessions import end_sessions
from tenants.contract.errors import NotFoundError
from tenants.identity.factors.codes import matching_step
from tenants.identity.factors.passkeys import PasskeyRefusedError, Site, verify_registration
from tenants.identity.factors.recovery import create_codes, hash_code
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record

__all__ = [
    "add_authenticator_app", "add_passkey", "remove_authenticator_app", "remove_passkey", "renew_recovery_codes",
    "reset_second_factor",
]  # fmt: skip


def add_authenticator_app(operator: User, *, secret: str, code: str, visit: Visit) -> list[str]:
    """Keep an app in the place of any other, once it shows the right code.

    Return new recovery codes, if it is the operator's first factor. Raises ``FactorRefusedError``.
    """
    step = matching_step(secret, code)
    if step is None:
        raise FactorRefusedError
    with transaction.atomic():
        _lock(operator)
        is_first = not has_second_factor(operator)
        AuthenticatorApp.objects.update_or_create(
            operator=operator, defaults={"secret": seal_secret(operator, secret), "last_step": step}
        )
        note("operator.add_authenticator_app", operator.get_username(), visit)
        return renew_recovery_codes(operator, visit=visit) if is_first else []


def add_passkey(operator: User, *, name: str, answer: str, challenge: str, site: Site, visit: Visit) -> list[str]:
    """Keep a passkey; return new recovery codes, if it is the first factor. Raises ``PasskeyRefusedError``."""
    passkey = verify_registration(site, answer, challenge=challenge)
    name = name.strip()[:60] or "Passkey"
    with transaction.atomic():
        _lock(operator)
        is_first = not has_second_factor(operator)
        if RegisteredPasskey.objects.filter(credential_id=passkey.credential_id).exists():
            raise PasskeyRefusedError
        RegisteredPasskey.objects.create(
            operator=operator,
            host=site.host,
            name=name,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            transports=list(passkey.transports),
        )
        note("operator.add_passkey", operator.get_username(), visit, changes={"name": [None, name]})
        return renew_recovery_codes(operator, visit=visit) if is_first else []


def remove_authenticator_app(operator: User, *, visit: Visit) -> None:
    """Take the app away; raises ``FactorNeededError`` where it is the last factor and one is required."""
    with transaction.atomic():
        _lock(operator)
        removed, _ = AuthenticatorApp.objects.filter(operator=operator).delete()
        if removed:
            _keep_one(operator)
            note("operator.remove_authenticator_app", operator.get_username(), visit)


def remove_passkey(operator: User, passkey_id: UUID, *, visit: Visit) -> None:
    """Take a passkey away; raises ``NotFoundError`` and ``FactorNeededError``."""
    with transaction.atomic():
        _lock(operator)
        passkey = RegisteredPasskey.objects.filter(operator=operator, pk=passkey_id).first()
        if passkey is None:
            raise NotFoundError("operator_passkey_not_found", "There is no such passkey.")
        passkey.delete()
        _keep_one(operator)
        note("operator.remove_passkey", operator.get_username(), visit, changes={"name": [passkey.name, None]})


def renew_recovery_codes(operator: User, *, visit: Visit) -> list[str]:
    """Return new recovery codes, in the place of all others; this is the one time that they are known."""
    codes = create_codes()
    with transaction.atomic():
        RecoveryCode.objects.filter(operator=operator).delete()
        owner = owner_of_codes(operator)
        RecoveryCode.objects.bulk_create(
            RecoveryCode(operator=operator, code_hash=hash_code(code, owner=owner)) for code in codes
        )
        note("operator.renew_recovery_codes", operator.get_username(), visit)
    return codes


def reset_second_factor(operator: User, *, actor: Actor) -> None:
    """Take all factors away and end all sessions, for somebody who has lost everything."""
    with transaction.atomic():
        _lock(operator)
        for rows in (AuthenticatorApp, RegisteredPasskey, RecoveryCode):
            rows.objects.filter(operator=operator).delete()
        end_sessions(OpenSession.objects.filter(operator=operator))
        record("operator.reset_second_factor", actor=actor, target=operator.get_username())


def _lock(operator: User) -> None:
    """Let changes of one operator's factors come one after another, so that two cannot take the last two away."""
    User.objects.select_for_update().get(pk=operator.pk)


def _keep_one(operator: User) -> None:
    if second_factor_is_required() and not has_second_factor(operator):
        raise FactorNeededError
