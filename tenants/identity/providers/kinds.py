"""What kinds of identity providers there are; each kind registers how its settings are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tenants.contract.access import SignInKind
from tenants.contract.errors import InvalidValueError

__all__ = ["ProviderKind", "kind_of", "register_kind"]


def _one_namespace(_settings: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class ProviderKind:
    """How one kind of provider is set up.

    ``check`` returns settings as they are stored, or raises ``InvalidValueError`` naming the field at fault.
    ``namespace`` returns what the provider's names for people are unique in, such as the issuer: when it changes,
    nobody is known by their earlier name any more.
    """

    check: Callable[[Mapping[str, Any]], dict[str, Any]]
    namespace: Callable[[Mapping[str, Any]], str] = _one_namespace


_kinds: dict[SignInKind, ProviderKind] = {}


def register_kind(kind: SignInKind, how: ProviderKind) -> None:
    """Say how a kind of provider is set up; called from ``AppConfig.ready``."""
    _kinds[kind] = how


def kind_of(kind: str) -> ProviderKind:
    """Return how providers of a kind are set up; raises ``InvalidValueError`` (``provider_kind_invalid``)."""
    how = _kinds.get(SignInKind(kind)) if kind in set(SignInKind) else None
    if how is None:
        raise InvalidValueError(
            "provider_kind_invalid", f"There are no identity providers of the kind “{kind[:20]}”.", field="kind"
        )
    return how
