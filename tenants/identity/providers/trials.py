"""An administrator's test of a provider, whatever its kind."""

from dataclasses import dataclass
from typing import Any

from tenants.identity.providers.vouching import ForeseenSignIn

__all__ = ["Trial"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a test of a connection came to: the claims, and what a sign-in would come to."""

    claims: dict[str, Any]
    foreseen: ForeseenSignIn
