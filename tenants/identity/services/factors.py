"""The second factors of a member: what there is, and what is taken away. Each change with its audit row.

Reading functions are called in the tenant's schema; the others enter it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from tenants.contract.access import SecondFactor
from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.identity.browser import live_state
from tenants.identity.factors.passkeys import Passkey, Site
from tenants.identity.models import AuthenticatorApp, PendingSignIn, RecoveryCode, RegisteredPasskey, SignIn
from tenants.identity.services.members import expect_may_manage, get_member
from tenants.identity.services.notices import Notice, tell_member
from tenants.identity.services.signing_out import close_sign_ins
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.workspace.models import Member
from tenants.workspace.services.editing import editing

__all__ = [
    "APP", "PASSKEY", "RECOVERY", "Factors", "changing", "checked_name", "describe_factors", "has_second_factor",
    "known_passkeys", "owner_of", "record_factor", "remove_app", "remove_passkey", "rename_passkey", "reset_factors",
]  # fmt: skip

APP, PASSKEY, RECOVERY = "totp", "passkey", "recovery"
"""What the audit log calls the ways to prove a second factor."""

_TOLD = {
    ("add", APP): "an authenticator app was set up as a second factor of your account.",
    ("add", PASSKEY): "a passkey was set up as a second factor of your account.",
    ("add", RECOVERY): "your account has new recovery codes; those from before no longer work.",
    ("remove", APP): "the authenticator app of your account was removed.",
    ("remove", PASSKEY): "a passkey of your account was removed.",
}


@dataclass(frozen=True)
class Factors:
    """What a member has; ``codes_left`` counts recovery codes that work."""

    app: AuthenticatorApp | None
    passkeys: tuple[RegisteredPasskey, ...]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor. Recovery codes are none: they stand in for one that is lost."""
        return self.app is not None or bool(self.passkeys)


def has_second_factor(member_id: UUID) -> bool:
    """Say whether a member set one up."""
    return (
        AuthenticatorApp.objects.filter(member_id=member_id).exists()
        or RegisteredPasskey.objects.filter(member_id=member_id).exists()
    )


def describe_factors(member: Member) -> Factors:
    """Return what a member has."""
    return Factors(
        AuthenticatorApp.objects.filter(member=member).first(),
        tuple(RegisteredPasskey.objects.filter(member=member)),
        RecoveryCode.objects.filter(member=member, used_at=None).count(),
    )


def owner_of(tenant: Tenant, member: Member) -> str:
    """Return the name by which secrets and recovery codes are bound to a member of a tenant."""
    return f"{tenant.pk}/{member.pk}"


def known_passkeys(member: Member, site: Site) -> list[Passkey]:
    """Return a member's passkeys for a host."""
    return [
        Passkey(row.credential_id, bytes(row.public_key), row.sign_count, tuple(row.transports))
        for row in RegisteredPasskey.objects.filter(member=member, host=site.host)
    ]


def rename_passkey(tenant: Tenant, member_id: UUID, passkey_id: UUID, *, name: str, actor: Actor) -> None:
    """Call a passkey by another name; raises ``InvalidValueError`` or ``NotFoundError``."""
    name = checked_name(name)
    with changing(tenant, member_id, actor) as member:
        passkey = _find_passkey(member, passkey_id)
        if passkey.name != name:
            RegisteredPasskey.objects.filter(pk=passkey.pk).update(name=name)
            record_factor("rename", tenant, member, actor=actor, method=PASSKEY, name=name)


def remove_app(tenant: Tenant, member_id: UUID, *, actor: Actor) -> None:
    """Take a member's authenticator app away; raises ``ConflictError`` (``second_factor_required``)."""
    with changing(tenant, member_id, actor) as member:
        if AuthenticatorApp.objects.filter(member=member).delete()[0]:
            record_factor("remove", tenant, member, actor=actor, method=APP)
            _after_removal(tenant, member)


def remove_passkey(tenant: Tenant, member_id: UUID, passkey_id: UUID, *, actor: Actor) -> None:
    """Take a member's passkey away; raises as ``remove_app``, and ``NotFoundError``."""
    with changing(tenant, member_id, actor) as member:
        passkey = _find_passkey(member, passkey_id)
        passkey.delete()
        record_factor("remove", tenant, member, actor=actor, method=PASSKEY, name=passkey.name)
        _after_removal(tenant, member)


def reset_factors(tenant_id: UUID | str, member_id: UUID | str, *, actor: Actor) -> None:
    """Take all second factors of a member away, for whoever lost them, and end all their sign-ins.

    Those who reset must have made sure who asks. Raises ``NotPermittedError`` and ``NotFoundError``.
    """
    with editing(tenant_id, actor=actor, note="A member's second factors") as tenant:
        member = get_member(member_id)
        expect_may_manage(actor, member.role)
        for kind in (AuthenticatorApp, RegisteredPasskey, RecoveryCode, PendingSignIn):
            kind.objects.filter(member=member).delete()
        close_sign_ins(member, SignIn.Reason.FACTORS)
        record("second_factor.reset", actor=actor, tenant=tenant, target=member.email, address=actor.address)
        told = "an administrator took all second factors of your account away, and you are signed out everywhere."
        tell_member(tenant, member, Notice.SECOND_FACTOR, told)


@contextmanager
def changing(tenant: Tenant, member_id: UUID, actor: Actor) -> Iterator[Member]:
    """Lock a member whose factors are changed by themselves."""
    actor.expect_own(member_id)
    with transaction.atomic(), tenant_schema(tenant):
        yield get_member(member_id)


def _after_removal(tenant: Tenant, member: Member) -> None:
    if has_second_factor(member.pk):
        return
    if live_state(tenant).access.second_factor.of(member.role) is SecondFactor.REQUIRED:
        raise ConflictError(
            "second_factor_required",
            "Signing in here takes a second factor. Set another one up before you remove this.",
        )
    RecoveryCode.objects.filter(member=member).delete()


def _find_passkey(member: Member, passkey_id: UUID) -> RegisteredPasskey:
    passkey = RegisteredPasskey.objects.filter(pk=passkey_id, member=member).first()
    if passkey is None:
        raise NotFoundError("passkey_not_found", "There is no such passkey.")
    return passkey


def checked_name(name: str) -> str:
    """Return a passkey's name as it is kept; raises ``InvalidValueError``."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 60 or not name.isprintable():
        raise InvalidValueError("passkey_name_invalid", "A passkey's name has one to 60 characters.", field="name")
    return name


def record_factor(what: str, tenant: Tenant, member: Member, *, actor: Actor, method: str, name: str = "") -> None:
    """Write an audit entry about a factor in the present transaction, and have the member told what matters."""
    record(
        f"second_factor.{what}",
        actor=actor,
        tenant=tenant,
        target=member.email,
        changes={"name": name} if name else {},
        address=actor.address,
        method=method,
    )
    sentence = _TOLD.get((what, method))
    if sentence is not None:
        notice = Notice.RECOVERY_CODES if method == RECOVERY else Notice.SECOND_FACTOR
        tell_member(tenant, member, notice, sentence, address=actor.address)
