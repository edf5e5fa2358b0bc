"""The access policy in a person's words: its values, and what differs between two of them. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tenants.contract.access import (
    AccessMode,
    AccessPolicy,
    Entry,
    SecondFactor,
    SignInKind,
    SignInMethod,
    SignUp,
)

__all__ = ["ENTRIES", "MODES", "SECOND_FACTORS", "SIGN_UPS", "any_of", "describe_changes", "in_words", "name_method"]

MODES = {
    AccessMode.ANONYMOUS: "Anyone with the address",
    AccessMode.MEMBERS: "Members, signing in",
    AccessMode.APP: "Whoever the app lets in, by its own sign-in",
}
ENTRIES = {
    Entry.ANY_MEMBER: "Every member",
    Entry.INVITED: "Members who were added here",
    Entry.DOMAINS: "Members with an e-mail address at certain domains",
}
SIGN_UPS = {
    SignUp.CLOSED: "Added by an administrator, with a password",
    SignUp.INVITATION: "Invited by an administrator",
    SignUp.DOMAIN: "Invited, or signing up with an e-mail address at the domains",
}
SECOND_FACTORS = {
    SecondFactor.OFF: "Not asked",
    SecondFactor.OPTIONAL: "Asked of whom set one up",
    SecondFactor.REQUIRED: "Required",
}
_UNITS = (("day", 24 * 3600), ("hour", 3600), ("minute", 60), ("second", 1))


def in_words(seconds: int) -> str:
    """Return a time in the largest unit that fits it without rest: ``8 hours``, ``90 minutes``."""
    name, unit = next((name, unit) for name, unit in _UNITS if seconds % unit == 0 and (seconds >= unit or unit == 1))
    count = seconds // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def any_of(words: Sequence[str]) -> str:
    """Return alternatives as a sentence has them: ``a, b or c``."""
    return words[0] if len(words) == 1 else " or ".join((", ".join(words[:-1]), words[-1])) if words else ""


def name_method(method: SignInMethod) -> str:
    """Return a way to sign in as a sentence has it."""
    if method.kind is SignInKind.PASSWORD:
        return "a password"
    return method.label or method.id


def describe_changes(before: AccessPolicy, after: AccessPolicy) -> list[str]:
    """Return one line for each difference that a person made: what it is, then what it was."""
    lines = []
    for title, value, words in _FIELDS:
        was, now = value(before), value(after)
        if was != now:
            lines.append(f"{title}: {words(now)} (was: {words(was)})")
    return lines


def _listed(nothing: str) -> Callable[[Iterable[str]], str]:
    return lambda values: ", ".join(values) or nothing


def _methods(methods: Iterable[SignInMethod]) -> str:
    return ", then ".join(name_method(method) for method in methods) or "none"


def _idle(seconds: int) -> str:
    return f"after {in_words(seconds)} without use" if seconds else "never"


def _asked(second_factor: SecondFactor) -> str:
    return SECOND_FACTORS[second_factor].lower()


_FIELDS: tuple[tuple[str, Callable[[AccessPolicy], Any], Callable[[Any], str]], ...] = (
    ("Who may enter", lambda policy: policy.mode, lambda mode: MODES[mode].lower()),
    ("Which members", lambda policy: policy.entry, lambda entry: ENTRIES[entry].lower()),
    ("E-mail domains", lambda policy: policy.email_domains, _listed("none")),
    ("Ways to sign in", lambda policy: policy.methods, _methods),
    ("Becoming a member", lambda policy: policy.sign_up, lambda sign_up: SIGN_UPS[sign_up].lower()),
    ("A sign-in lasts", lambda policy: policy.session_seconds, in_words),
    ("Signed out", lambda policy: policy.idle_seconds, _idle),
    ("Networks", lambda policy: policy.networks, _listed("any")),
    ("Second factor of owners", lambda policy: policy.second_factor.owner, _asked),
    ("Second factor of admins", lambda policy: policy.second_factor.admin, _asked),
    ("Second factor of members", lambda policy: policy.second_factor.member, _asked),
    ("Other web sites", lambda policy: policy.allowed_origins, _listed("none")),
)  # fmt: skip
