"""Setting a member's second factors up: an authenticator app, passkeys, recovery codes. Each with its audit row."""

from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from tenants.contract.errors import ConflictError
from tenants.contract.secrets import SecretUnreadableError
from tenants.identity.browser import live_state
from tenants.identity.errors import SecondFactorRefusedError
from tenants.identity.factors.codes import create_secret, draw_setup, matching_step, setup_address, spell_secret
from tenants.identity.factors.passkeys import Site, ask_for_registration, verify_registration
from tenants.identity.factors.recovery import create_codes, hash_code
from tenants.identity.models import AuthenticatorApp, RecoveryCode, RegisteredPasskey
from tenants.identity.services.challenges import REGISTER, keep_challenge, take_challenge
from tenants.identity.services.factors import (
    APP,
    PASSKEY,
    RECOVERY,
    changing,
    checked_name,
    has_second_factor,
    known_passkeys,
    owner_of,
    record_factor,
)
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.sealing import seal, unseal
from tenants.workspace.models import Member

__all__ = [
    "MOST_PASSKEYS", "AppSetup", "add_app", "add_passkey", "ask_new_passkey", "begin_app", "new_recovery_codes",
]  # fmt: skip

MOST_PASSKEYS = 20


class AppSetup(NamedTuple):
    """What is shown to set an app up, and the sealed secret that comes back with its first code."""

    drawing: str
    spelled: str
    address: str
    sealed: str


def begin_app(tenant: Tenant, member: Member, *, subject: UUID, sealed: str = "") -> AppSetup:
    """Return a new secret for an authenticator app, or the one in ``sealed`` again. Nothing is stored.

    ``subject`` is the sign-in, or the pending one, in which it is set up: the sealed secret is worth nothing elsewhere.
    """
    owner = _setup_owner(tenant, member, subject)
    try:
        secret = unseal(sealed, owner=owner) if sealed else create_secret()
    except SecretUnreadableError:
        secret, sealed = create_secret(), ""
    address = setup_address(secret, issuer=live_state(tenant).branding.display_name, account=member.email)
    token = sealed or seal(secret, owner=owner, present=None)
    return AppSetup(draw_setup(address), spell_secret(secret), address, token)


def add_app(
    tenant: Tenant, member_id: UUID, *, sealed: str, code: str, subject: UUID, actor: Actor, first: bool = False
) -> list[str]:
    """Let a member's app be its second factor once it showed a right code; return recovery codes where there were none.

    Raises ``SecondFactorRefusedError`` for a wrong code, ``ConflictError`` (``app_there``) where there is an app, and
    with ``first`` where there is any second factor (``second_factor_there``).
    """
    with changing(tenant, member_id, actor) as member:
        _expect_first(member, first=first)
        if AuthenticatorApp.objects.filter(member=member).exists():
            raise ConflictError("app_there", "An authenticator app is set up already. Remove it first.")
        try:
            secret = unseal(sealed, owner=_setup_owner(tenant, member, subject))
        except SecretUnreadableError as error:
            raise SecondFactorRefusedError from error
        step = matching_step(secret, code)
        if step is None:
            raise SecondFactorRefusedError
        AuthenticatorApp.objects.create(
            member=member, secret=seal(secret, owner=owner_of(tenant, member), present=None), last_step=step
        )
        record_factor("add", tenant, member, actor=actor, method=APP)
        return _recovery_codes_if_none(tenant, member)


def ask_new_passkey(member: Member, site: Site, *, subject: UUID) -> str:
    """Return what to ask a browser for a new passkey, as JSON."""
    ceremony = ask_for_registration(
        site, user_id=member.pk.bytes, account=member.email, name=member.name, known=known_passkeys(member, site)
    )
    return keep_challenge(ceremony, purpose=REGISTER, subject=subject)


def add_passkey(
    tenant: Tenant, member_id: UUID, site: Site, *, answer: str, name: str, subject: UUID, actor: Actor,
    first: bool = False,
) -> list[str]:  # fmt: skip
    """Let a passkey be a second factor; return as ``add_app``.

    Raises ``PasskeyRefusedError``, ``InvalidValueError`` (``passkey_name_invalid``) and ``ConflictError``
    (``passkeys_too_many``, ``passkey_there``, ``second_factor_there``).
    """
    name = checked_name(name)
    with changing(tenant, member_id, actor) as member:
        _expect_first(member, first=first)
        challenge = take_challenge(answer, purpose=REGISTER, subject=subject)
        passkey = verify_registration(site, answer, challenge=challenge)
        if RegisteredPasskey.objects.filter(member=member).count() >= MOST_PASSKEYS:
            raise ConflictError("passkeys_too_many", f"At most {MOST_PASSKEYS} passkeys fit here. Remove one first.")
        try:
            with transaction.atomic():
                RegisteredPasskey.objects.create(
                    member=member,
                    host=site.host,
                    name=name,
                    credential_id=passkey.credential_id,
                    public_key=passkey.public_key,
                    sign_count=passkey.sign_count,
                    transports=list(passkey.transports),
                )
        except IntegrityError as error:
            raise ConflictError("passkey_there", "That passkey is set up already.") from error
        record_factor("add", tenant, member, actor=actor, method=PASSKEY, name=name)
        return _recovery_codes_if_none(tenant, member)


def new_recovery_codes(tenant: Tenant, member_id: UUID, *, actor: Actor) -> list[str]:
    """Return new recovery codes for a member who has a second factor; those from before no longer work."""
    with changing(tenant, member_id, actor) as member:
        if not has_second_factor(member.pk):
            raise ConflictError("second_factor_missing", "Set a second factor up first.")
        record_factor("add", tenant, member, actor=actor, method=RECOVERY)
        return _create_recovery_codes(tenant, member)


def _expect_first(member: Member, *, first: bool) -> None:
    # Whoever knows a password alone must not add a factor of their own beside the member's.
    if first and has_second_factor(member.pk):
        raise ConflictError("second_factor_there", "A second factor is set up already. Use it to sign in.")


def _recovery_codes_if_none(tenant: Tenant, member: Member) -> list[str]:
    there = RecoveryCode.objects.filter(member=member, used_at=None).exists()
    return [] if there else _create_recovery_codes(tenant, member)


def _create_recovery_codes(tenant: Tenant, member: Member) -> list[str]:
    codes, owner = create_codes(), owner_of(tenant, member)
    RecoveryCode.objects.filter(member=member).delete()
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(member=member, code_hash=hash_code(code, owner=owner)) for code in codes]
    )
    return codes


def _setup_owner(tenant: Tenant, member: Member, subject: UUID) -> str:
    return f"{owner_of(tenant, member)}/set-up/{subject}"
