"""Signing in whom an identity provider vouches for: who they are here, whether they may enter, and as what."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from tenants.contract.access import AccessPolicy, SignInKind, SignInMethod
from tenants.contract.email_domains import email_is_at
from tenants.contract.errors import ConflictError, DomainError, InvalidValueError
from tenants.contract.roles import Role
from tenants.contract.tokens import SignedIn
from tenants.identity.browser import live_state
from tenants.identity.errors import EmailMissingError, EmailUnverifiedError, NotAllowedError, SignInRefusedError
from tenants.identity.models import ExternalIdentity, IdentityProvider
from tenants.identity.services.completing import complete_sign_in
from tenants.identity.services.members import add_member, update_member
from tenants.identity.services.provider_sessions import AtProvider
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.credentials import checked_email
from tenants.workspace.access.people import describe_person
from tenants.workspace.access.verdicts import Person, refusal_of
from tenants.workspace.models import Member

__all__ = ["ForeseenSignIn", "VouchedPerson", "foresee_sign_in", "role_by_rules", "sign_in_vouched"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class VouchedPerson:
    """Somebody as a provider describes them. ``subject`` is its own name for them, which it gives to nobody else."""

    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    groups: tuple[str, ...] = ()
    proved_second_factor: bool = False


@dataclass(frozen=True, kw_only=True)
class ForeseenSignIn:
    """What a sign-in would come to: as whom and with which role, or the error that would be met instead."""

    email: str
    role: str = ""
    is_new: bool = False
    refusal: DomainError | None = None


def sign_in_vouched(
    tenant: Tenant,
    provider: IdentityProvider,
    person: VouchedPerson,
    *,
    visit: Visit,
    at_provider: AtProvider | None = None,
) -> SignedIn:
    """Sign in whom a provider of the tenant vouches for; who is no member becomes one, where both allow it.

    ``at_provider`` is kept with the sign-in, to end it there, too.

    A member is known by the provider's name for them, and at the first time by an e-mail address that the provider
    calls verified. Raises ``NotAllowedError`` where the policy or the provider's settings keep them out,
    ``EmailMissingError`` and ``EmailUnverifiedError``; ``SecondFactorNeededError`` where the policy asks for more than
    the provider did. Every refusal is in the audit log.
    """
    try:
        with transaction.atomic(), tenant_schema(tenant):
            if not ExternalIdentity.objects.filter(provider=provider, subject=person.subject).exists():
                # Of two first sign-ins of one person at once, the second finds what the first has made.
                Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
            policy = live_state(tenant).access
            member = _admit(policy, provider, person, visit)
            member_id = _welcome(tenant, provider, person, member, visit).pk
        proved = provider.asks_second_factor or person.proved_second_factor
        return complete_sign_in(
            tenant,
            member_id,
            method=provider.pk,
            visit=visit,
            proved_second_factor=proved,
            at_provider=at_provider,
        )
    except (NotAllowedError, EmailMissingError, EmailUnverifiedError, SignInRefusedError) as error:
        who = person.email or person.subject
        record(
            "sign_in.refuse",
            actor=Actor(ActorKind.VISITOR, who),
            tenant=tenant,
            target=who,
            changes={"reason": error.code},
            address=visit.address,
            method=provider.pk,
        )
        raise


def foresee_sign_in(
    tenant: Tenant, provider: IdentityProvider, person: VouchedPerson, *, visit: Visit
) -> ForeseenSignIn:
    """Say what ``sign_in_vouched`` would come to if the policy offered the provider, and change nothing."""
    with tenant_schema(tenant):
        access = live_state(tenant).access
        method = SignInMethod(SignInKind(provider.kind), provider.pk, provider.label)
        if provider.pk not in {offered.id for offered in access.methods}:
            access = replace(access, methods=(*access.methods, method))
        try:
            member = _admit(access, provider, person, visit)
        except DomainError as error:
            return ForeseenSignIn(email=person.email, refusal=error)
        role = role_by_rules(provider, person.groups, present=member.role if member else "")
        return ForeseenSignIn(email=member.email if member else person.email, role=role, is_new=member is None)


def role_by_rules(provider: IdentityProvider, groups: Iterable[str], *, present: str) -> str:
    """Return which role a provider's rules give to somebody in these groups.

    Without rules a member keeps the ``present`` role, which is empty for whoever is none yet. With rules the first one
    that holds decides at each sign-in, or else the default. Owners stay owners unless some rule speaks of owners.
    """
    rules, present_groups = provider.role_rules, set(groups)
    speaks_of_owners = any(rule["role"] == Role.OWNER for rule in rules)
    if present and (not rules or (present == Role.OWNER and not speaks_of_owners)):
        return present
    return next((rule["role"] for rule in rules if rule["group"] in present_groups), str(provider.default_role))


def _admit(policy: AccessPolicy, provider: IdentityProvider, person: VouchedPerson, visit: Visit) -> Member | None:
    """Return the member whom a provider vouches for, or None for somebody who may become one; or raise."""
    if not person.subject:
        raise NotAllowedError
    identity = ExternalIdentity.objects.select_related("member").filter(provider=provider, subject=person.subject)
    known = identity.first()
    member = known.member if known else _by_email(provider, person)
    email = person.email or (member.email if member else "")
    if provider.email_domains and not email_is_at(email, tuple(provider.email_domains)):
        raise NotAllowedError
    if member is None and not provider.creates_members:
        raise NotAllowedError
    described = describe_person(member) if member else Person(email=checked_email(email))
    if refusal_of(policy, described, method=provider.pk, address=visit.address):
        raise NotAllowedError
    return member


def _by_email(provider: IdentityProvider, person: VouchedPerson) -> Member | None:
    """Return whose verified e-mail address a new person has. An unverified one may belong to anybody: nobody's."""
    try:
        email = checked_email(person.email)
    except InvalidValueError as error:
        raise EmailMissingError from error
    member = Member.objects.filter(email=email).first()
    if not person.email_verified and (member is not None or provider.requires_verified_email):
        raise EmailUnverifiedError
    return member


def _welcome(
    tenant: Tenant, provider: IdentityProvider, person: VouchedPerson, member: Member | None, visit: Visit
) -> Member:
    """Make somebody a member who is none, and bring what the provider says of them into the tenant's tables."""
    actor = Actor(ActorKind.SYSTEM, provider.label, address=visit.address, method=provider.pk)
    role = role_by_rules(provider, person.groups, present=member.role if member else "")
    if member is None:
        name = person.name if person.name.isprintable() else ""
        member = add_member(tenant.pk, email=person.email, name=name, role=role, actor=actor)
    elif role != member.role:
        _change_role(tenant, member, role, actor)
    ExternalIdentity.objects.update_or_create(
        provider=provider,
        subject=person.subject,
        defaults={"last_seen_at": timezone.now()},
        create_defaults={"member": member},
    )
    return member


def _change_role(tenant: Tenant, member: Member, role: str, actor: Actor) -> None:
    try:
        update_member(tenant.pk, member.pk, name=member.name, role=role, is_active=True, actor=actor)
    except ConflictError as error:
        if error.code != "last_owner":
            raise
        log.info("last owner keeps the role", tenant=tenant.slug, provider=actor.label)
