"""What a policy means for one person: whether they get in, by which ways, or why not. Pure.

The sign-in itself decides by ``refusal_of``; what is said before saving (``judge``) decides by the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenants.contract.access import (
    AccessMode,
    AccessPolicy,
    Entry,
    SecondFactor,
    SignInKind,
    SignInMethod,
    SignUp,
)
from tenants.contract.email_domains import email_is_at
from tenants.contract.networks import Networks
from tenants.workspace.access.wording import any_of, name_method

__all__ = ["Person", "Refusal", "Verdict", "judge", "judge_member", "refusal_of", "usable_methods"]


class Refusal(StrEnum):
    """Why somebody does not get in, whatever they prove."""

    NETWORK = "network_refused"
    NOT_A_MEMBER = "not_a_member"
    INACTIVE = "member_inactive"
    DOMAIN = "email_domain_refused"
    NO_METHOD = "no_way_to_sign_in"


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is known of somebody who would sign in; ``role`` is empty for whoever is no member.

    ``closed`` says why, by the id of a way to sign in, that way is none for them: ``Okta has ...``.
    """

    email: str
    role: str = ""
    is_active: bool = True
    has_password: bool = False
    has_second_factor: bool = False
    closed: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_member(self) -> bool:
        """Whether there is such a member, active or not."""
        return bool(self.role)


@dataclass(frozen=True)
class Verdict:
    """``sentences`` have the person as their subject: "would be asked for a password"."""

    enters: bool
    sentences: tuple[str, ...]
    refusal: Refusal | None = None

    def __str__(self) -> str:
        return "; ".join(self.sentences)


def usable_methods(policy: AccessPolicy, person: Person) -> tuple[SignInMethod, ...]:
    """Return the policy's ways to sign in that this person could use: none that is closed to them."""
    if not person.is_member and not _may_become_a_member(policy, person):
        return ()
    return tuple(method for method in policy.methods if not _why_closed(method, person))


def _why_closed(method: SignInMethod, person: Person) -> str:
    if method.kind is SignInKind.PASSWORD:
        return "" if person.has_password else "the member has no password"
    return person.closed.get(method.id, "")


def refusal_of(policy: AccessPolicy, person: Person, *, method: str = "", address: str = "") -> Refusal | None:
    """Return why a policy keeps somebody from signing in, or None.

    ``method`` is the id of the way by which they come; an empty one, or an empty ``address``, does not matter.
    """
    if address and not Networks(policy.networks).allow(address):
        return Refusal.NETWORK
    if person.is_member and not person.is_active:
        return Refusal.INACTIVE
    if policy.entry is Entry.DOMAINS and not email_is_at(person.email, policy.email_domains):
        return Refusal.DOMAIN
    if any(not method or usable.id == method for usable in usable_methods(policy, person)):
        return None
    return Refusal.NO_METHOD if person.is_member else Refusal.NOT_A_MEMBER


def judge(policy: AccessPolicy, person: Person, *, address: str = "") -> Verdict:
    """Return what would happen to somebody who comes to the chat."""
    if address and not Networks(policy.networks).allow(address):
        return _refused(Refusal.NETWORK, policy, person, address)
    if policy.mode is AccessMode.ANONYMOUS:
        return Verdict(True, ("would chat without signing in",))
    if policy.mode is AccessMode.APP:
        return Verdict(True, ("would be let in or refused by the app itself",))
    return judge_member(policy, person, address=address)


def judge_member(policy: AccessPolicy, person: Person, *, address: str = "") -> Verdict:
    """Return what would happen to somebody who signs in as a member, at the chat or the settings."""
    refusal = refusal_of(policy, person, address=address)
    if refusal is Refusal.NOT_A_MEMBER and (way := _way_to_become_a_member(policy, person)):
        return Verdict(True, (way,))
    if refusal is not None:
        return _refused(refusal, policy, person, address)
    methods = usable_methods(policy, person)
    verb = "would be asked for" if len(methods) == 1 and methods[0].kind is SignInKind.PASSWORD else "would sign in by"
    said = f"{verb} {any_of([name_method(method) for method in methods])}"
    if not person.is_member:
        return Verdict(True, (f"{said} and become a member",))
    return Verdict(True, (said, *_second_factor(policy, person)))


def _second_factor(policy: AccessPolicy, person: Person) -> tuple[str, ...]:
    asked = policy.second_factor.of(person.role)
    if asked is SecondFactor.REQUIRED and not person.has_second_factor:
        return ("then would have to set up a second factor", "where signed in already, only at the next sign-in")
    if asked is not SecondFactor.OFF and person.has_second_factor:
        return ("then for the second factor",)
    return ()


def _may_become_a_member(policy: AccessPolicy, person: Person) -> bool:
    if policy.entry is Entry.DOMAINS:
        return email_is_at(person.email, policy.email_domains)
    return policy.entry is Entry.ANY_MEMBER


def _way_to_become_a_member(policy: AccessPolicy, person: Person) -> str:
    if policy.lets_sign_up(person.email):
        return "is no member yet and could sign up, proving the e-mail address"
    return ""


def _refused(refusal: Refusal, policy: AccessPolicy, person: Person, address: str) -> Verdict:
    match refusal:
        case Refusal.NETWORK:
            reason = f"{address} is in none of the allowed networks"
        case Refusal.INACTIVE:
            reason = "the member is switched off"
        case Refusal.DOMAIN:
            domains = any_of(policy.email_domains) if policy.email_domains else "any domain: none is listed"
            reason = f"the e-mail address is not at {domains}"
        case Refusal.NO_METHOD:
            reason = _no_way_in(policy, person)
        case Refusal.NOT_A_MEMBER:
            reason = "there is no such member" + _way_in_by_others(policy)
    return Verdict(False, (f"would be refused: {reason}",), refusal)


def _no_way_in(policy: AccessPolicy, person: Person) -> str:
    if not policy.methods:
        return "there is no way to sign in"
    offered = any_of([name_method(method) for method in policy.methods])
    if all(method.kind is SignInKind.PASSWORD for method in policy.methods):
        return f"the only way in is {offered}, and the member has none"
    reasons = "; ".join(_why_closed(method, person) for method in policy.methods)
    return f"the only way in is {offered}, and {reasons}"


def _way_in_by_others(policy: AccessPolicy) -> str:
    if policy.offers_sign_up:
        return f", and one signs up with an e-mail address at {any_of(policy.email_domains)} alone"
    return "" if policy.sign_up is SignUp.CLOSED else "; an administrator can invite them"
