"""The bound tenant's people as a policy sees them, and whether it would still let their owners in."""

from django.contrib.auth.hashers import is_password_usable

from tenants.contract.access import AccessPolicy
from tenants.contract.errors import ConflictError
from tenants.contract.networks import Networks, normalise_address
from tenants.registry.actor import Actor, ActorKind
from tenants.workspace.access.abilities import abilities
from tenants.workspace.access.verdicts import Person, Refusal, judge_member
from tenants.workspace.models import Member

__all__ = ["describe_person", "find_person", "keep_owners_in"]


def find_person(email: str) -> Person:
    """Return what the bound tenant knows of an e-mail address, whether or not it is a member's."""
    email = email.strip().lower()
    member = Member.objects.filter(email=email).first()
    return describe_person(member) if member is not None else Person(email=email)


def describe_person(member: Member) -> Person:
    """Return a member of the bound tenant as a policy sees one."""
    has_second_factor = abilities().has_second_factor
    return Person(
        email=member.email,
        role=member.role,
        is_active=member.is_active,
        has_password=is_password_usable(member.password),
        has_second_factor=has_second_factor is not None and has_second_factor(member.pk),
    )


def keep_owners_in(policy: AccessPolicy, *, actor: Actor, address: str = "") -> None:
    """Raise ``ConflictError`` where no active owner of the bound tenant could sign in under a policy.

    Also where the member who saves it could not from ``address``, at which they are. From where other owners come is
    not known, so nothing is said of it.
    """
    if actor.kind is ActorKind.MEMBER and address and not Networks(policy.networks).allow(address):
        shown = normalise_address(address) or address
        raise ConflictError(
            "network_locks_out",
            f"You come from {shown}, which is in none of these networks: you would lock yourself out. Add it first.",
            field="networks",
            details={"address": shown},
        )
    reasons, field = [], "methods"
    for owner in Member.objects.filter(role=Member.Role.OWNER, is_active=True):
        verdict = judge_member(policy, describe_person(owner))
        if verdict.enters:
            return
        reasons.append(f"{owner.email} {verdict}")
        field = "email_domains" if verdict.refusal is Refusal.DOMAIN else "methods"
    raise ConflictError(
        "owners_locked_out",
        f"No owner could sign in any more: {', '.join(reasons[:3])}.",
        field=field,
    )
