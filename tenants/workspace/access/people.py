"""The bound tenant's people as a policy sees them, and whether it would still let their owners in."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib.auth.hashers import is_password_usable

from tenants.contract.access import AccessPolicy
from tenants.contract.errors import ConflictError
from tenants.contract.networks import Networks, normalise_address
from tenants.contract.roles import Permission, Role
from tenants.registry.actor import Actor, ActorKind
from tenants.workspace.access.abilities import abilities
from tenants.workspace.access.verdicts import Person, Refusal, Verdict, judge_member
from tenants.workspace.models import Member

__all__ = ["describe_person", "find_person", "keep_owners_in"]


def find_person(email: str) -> Person:
    """Return what the bound tenant knows of an e-mail address, whether or not it is a member's.

    With the providers that let nobody in who has it.
    """
    email = email.strip().lower()
    member = Member.objects.filter(email=email).first()
    return _foreseen(describe_person(member) if member is not None else Person(email=email))


def describe_person(member: Member) -> Person:
    """Return a member of the bound tenant as a policy sees one who comes to sign in."""
    has_second_factor = abilities().has_second_factor
    return Person(
        email=member.email,
        role=member.role,
        is_active=member.is_active,
        has_password=is_password_usable(member.password),
        has_second_factor=has_second_factor is not None and has_second_factor(member.pk),
    )


def _foreseen(person: Person) -> Person:
    return replace(person, closed=abilities().closed_to(person.email))


def keep_owners_in(
    policy: AccessPolicy, *, actor: Actor, before: AccessPolicy | None = None, field: str = "methods"
) -> None:
    """Raise ``ConflictError`` where no active owner of the bound tenant could sign in under a policy.

    Also where the member who saves it could not from where they are; from where other owners come is not known, so
    nothing is said of it. And where somebody who may not change owners would keep one out whom the policy ``before``
    lets in. ``field`` is what the error names where the ways to sign in are at fault.
    """
    if actor.kind is ActorKind.MEMBER and actor.address and not Networks(policy.networks).allow(actor.address):
        shown = normalise_address(actor.address) or actor.address
        raise ConflictError(
            "network_locks_out",
            f"You come from {shown}, which is in none of these networks: you would lock yourself out. Add it first.",
            field="networks",
            details={"address": shown},
        )
    owners = [_foreseen(describe_person(owner)) for owner in Member.objects.filter(role=Role.OWNER, is_active=True)]
    verdicts = [(owner, judge_member(policy, owner)) for owner in owners]
    refused = [(owner, verdict) for owner, verdict in verdicts if not verdict.enters]
    if before is not None and not actor.may(Permission.MANAGE_OWNERS):
        newly = [(owner, verdict) for owner, verdict in refused if judge_member(before, owner).enters]
        if newly:
            raise _lock_out("Only owners may keep an owner out", newly, field)
    if len(refused) == len(owners):
        raise _lock_out("No owner could sign in any more", refused, field)


def _lock_out(what: str, refused: Sequence[tuple[Person, Verdict]], field: str) -> ConflictError:
    reasons = ", ".join(f"{owner.email} {verdict}" for owner, verdict in refused[:3])
    by_domain = bool(refused) and refused[-1][1].refusal is Refusal.DOMAIN
    return ConflictError("owners_locked_out", f"{what}: {reasons}.", field="email_domains" if by_domain else field)
