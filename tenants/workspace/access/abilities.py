"""What ways to sign in there are at a tenant: password always, the rest from the apps above that bring it.

A policy can ask for nothing that nobody could fulfil, so whatever is not registered here can be neither chosen nor
saved.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from tenants.contract.access import PASSWORD_METHOD, SignInMethod, SignUp

__all__ = ["Abilities", "abilities", "known_methods", "register_abilities"]


def _no_providers() -> Iterable[SignInMethod]:
    return ()


def _none_closed(_email: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What an installation can do beyond passwords.

    ``providers`` lists the bound tenant's own providers. ``closed_to`` says which of them, by id, let nobody in who has
    an e-mail address, and why, as the end of a sentence; it is asked before a policy is saved, not by sign-ins.
    ``has_second_factor`` says whether a member of the bound tenant set one up, and is None where there is none to set
    up. ``sign_up`` are the ways to become a member that work.
    """

    providers: Callable[[], Iterable[SignInMethod]] = _no_providers
    closed_to: Callable[[str], Mapping[str, str]] = _none_closed
    has_second_factor: Callable[[UUID], bool] | None = None
    sign_up: frozenset[SignUp] = frozenset({SignUp.CLOSED})


_registered = [Abilities()]


def register_abilities(able: Abilities) -> None:
    """Say what there is; called from ``AppConfig.ready`` by the app that brings it."""
    _registered[:] = [able]


def abilities() -> Abilities:
    """Return what there is."""
    return _registered[0]


def known_methods() -> dict[str, SignInMethod]:
    """Return the ways to sign in that the bound tenant has, by id: password first, then its providers."""
    return {method.id: method for method in (PASSWORD_METHOD, *abilities().providers())}
