"""Changes of a tenant's access policy, checked field by field and then together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypedDict

from tenants.contract.access import (
    MAXIMUM_EMAIL_DOMAINS,
    MAXIMUM_NETWORKS,
    MAXIMUM_SESSION_SECONDS,
    MINIMUM_IDLE_SECONDS,
    MINIMUM_SESSION_SECONDS,
    AccessMode,
    Entry,
    SecondFactor,
    SignUp,
)
from tenants.contract.email_domains import InvalidEmailDomainError, normalise_email_domain
from tenants.contract.errors import InvalidValueError
from tenants.contract.networks import InvalidNetworkError, normalise_network
from tenants.contract.origins import MAXIMUM_ORIGINS, InvalidOriginError, normalise_origin
from tenants.workspace.access.abilities import abilities, known_methods
from tenants.workspace.access.wording import in_words
from tenants.workspace.models import AccessPolicy

__all__ = ["AccessChanges", "apply_changes"]


class AccessChanges(TypedDict, total=False):
    """Fields of the policy to change; what is left out stays as it is. ``methods`` are ids, in order."""

    mode: str
    allowed_origins: Collection[str]
    entry: str
    email_domains: Collection[str]
    methods: Sequence[str]
    session_seconds: int
    idle_seconds: int
    networks: Collection[str]
    sign_up: str
    owner_second_factor: str
    admin_second_factor: str
    member_second_factor: str


def apply_changes(row: AccessPolicy, changes: AccessChanges) -> None:
    """Put checked values into a row that is not saved yet; raises ``InvalidValueError``."""
    for name, value in changes.items():
        setattr(row, name, _CHECKS[name](value))
    if row.entry == Entry.DOMAINS and not row.email_domains:
        raise InvalidEmailDomainError("List at least one domain, or nobody could enter.")
    if row.sign_up == SignUp.DOMAIN and not row.email_domains:
        raise InvalidEmailDomainError("List at least one domain, or nobody could sign up.")
    if row.sign_up == SignUp.DOMAIN and row.entry == Entry.INVITED:
        raise InvalidValueError(
            "sign_up_invalid",
            "Only members may enter who were added here, so nobody can sign up by themselves.",
            field="sign_up",
        )
    if row.idle_seconds > row.session_seconds:
        raise InvalidValueError(
            "idle_time_invalid",
            f"A sign-in ends after {in_words(row.session_seconds)} in any case; the time without use must be shorter.",
            field="idle_seconds",
        )


def _choice(kind: type[StrEnum], field: str, what: str, *, code: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in set(kind):
            raise InvalidValueError(code, f"There is no {what} “{str(value)[:20]}”.", field=field)
        return str(kind(value))

    return check


def _second_factor(field: str) -> Callable[[Any], str]:
    choose = _choice(SecondFactor, field, "rule for second factors", code="second_factor_invalid")

    def check(value: Any) -> str:
        asked = choose(value)
        if asked == SecondFactor.REQUIRED and abilities().has_second_factor is None:
            raise InvalidValueError(
                "second_factor_unavailable", "There is no second factor here that anybody could set up.", field=field
            )
        return asked

    return check


def _sign_up(value: Any) -> str:
    chosen = _choice(SignUp, "sign_up", "way to become a member", code="sign_up_invalid")(value)
    if chosen not in abilities().sign_up:
        raise InvalidValueError("sign_up_invalid", "People cannot become members this way here.", field="sign_up")
    return chosen


def _methods(value: Iterable[str]) -> list[str]:
    chosen, known = list(dict.fromkeys(value)), known_methods()
    for method in chosen:
        if method not in known:
            raise InvalidValueError(
                "sign_in_method_unknown", f"There is no way to sign in called “{method[:40]}”.", field="methods"
            )
    if not chosen:
        raise InvalidValueError("sign_in_method_missing", "Choose at least one way to sign in.", field="methods")
    return chosen


def _seconds(field: str, least: int, *, code: str, or_none: bool = False) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, int) and (least <= value <= MAXIMUM_SESSION_SECONDS or (or_none and value == 0)):
            return value
        bounds = f"from {in_words(least)} to {in_words(MAXIMUM_SESSION_SECONDS)}"
        raise InvalidValueError(code, f"Choose a time {bounds}.", field=field)

    return check


def _list(
    normalise: Callable[[str], str], most: int, refuse: Callable[[str], InvalidValueError], what: str
) -> Callable[[Any], list[str]]:
    def check(values: Iterable[str]) -> list[str]:
        checked = list(dict.fromkeys(normalise(value) for value in values))
        if len(checked) > most:
            raise refuse(f"At most {most} {what} fit here.")
        return checked

    return check


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "mode": _choice(AccessMode, "mode", "access mode", code="access_mode_invalid"),
    "allowed_origins": _list(normalise_origin, MAXIMUM_ORIGINS, InvalidOriginError, "web sites"),
    "entry": _choice(Entry, "entry", "rule for members", code="entry_invalid"),
    "email_domains": _list(normalise_email_domain, MAXIMUM_EMAIL_DOMAINS, InvalidEmailDomainError, "domains"),
    "methods": _methods,
    "session_seconds": _seconds("session_seconds", MINIMUM_SESSION_SECONDS, code="session_time_invalid"),
    "idle_seconds": _seconds("idle_seconds", MINIMUM_IDLE_SECONDS, code="idle_time_invalid", or_none=True),
    "networks": _list(normalise_network, MAXIMUM_NETWORKS, InvalidNetworkError, "networks"),
    "sign_up": _sign_up,
    "owner_second_factor": _second_factor("owner_second_factor"),
    "admin_second_factor": _second_factor("admin_second_factor"),
    "member_second_factor": _second_factor("member_second_factor"),
}
"""By field of ``AccessChanges``: what returns a value as it is stored, or raises ``InvalidValueError``."""
