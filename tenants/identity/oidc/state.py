"""The state of a sign-in on its way to a provider and back: sealed, short-lived, of one tenant, provider and browser.

What travels through the provider (the state) says whose it is and where it goes back to. What only the browser has
(a cookie of the tenant's host) holds the secrets of the exchange. Neither is worth anything without the other, and
each state is spent once.
"""

import secrets
import time
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from msgspec import Struct

from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.identity.models import SpentState
from tenants.identity.oidc.errors import StateInvalidError

__all__ = [
    "LIFETIME_SECONDS",
    "Journey",
    "SealedJourney",
    "State",
    "cookie_name",
    "open_cookie",
    "open_state",
    "set_out",
    "spend",
]

LIFETIME_SECONDS = 600
SKEW_SECONDS = 60
MAXIMUM_LENGTH = 6000
STATE_OWNER = "sign-in-state"
"""In the place of a tenant: the shared callback opens a state to learn whose it is. No tenant's id is like it."""


Sealed = TypeVar("Sealed", bound=Struct)


class State(Struct, frozen=True, kw_only=True):
    """What the provider is given to bring back."""

    id: str
    tenant: str
    provider: str
    host: str
    began_at: int


class Journey(Struct, frozen=True, kw_only=True):
    """What the browser keeps meanwhile. ``tester`` is the member who only tests the connection, or empty."""

    id: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str
    tester: str = ""


class SealedJourney(Struct, frozen=True, kw_only=True):
    """A sign-in that sets out: ``state`` for the provider, ``cookie`` for the browser, and what of it is needed now."""

    state: str
    cookie: str
    journey: Journey

    @property
    def cookie_name(self) -> str:
        """Return the name of the cookie, another one for each tab."""
        return cookie_name(self.journey.id)


def set_out(
    tenant_id: str, provider_id: str, *, host: str, redirect_uri: str, next_path: str, tester: str = ""
) -> SealedJourney:
    """Begin the way to a provider and back to ``next_path`` on ``host``."""
    journey = Journey(
        id=uuid4().hex,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
        next=next_path,
        tester=tester,
    )
    state = State(id=journey.id, tenant=tenant_id, provider=provider_id, host=host, began_at=int(time.time()))
    return SealedJourney(state=_seal(state, STATE_OWNER), cookie=_seal(journey, _browser_owner(state)), journey=journey)


def open_state(value: str) -> State:
    """Return a state that was made here and is not too old; raises ``StateInvalidError``."""
    state = _open(value, State, STATE_OWNER)
    if not -SKEW_SECONDS <= time.time() - state.began_at <= LIFETIME_SECONDS:
        raise StateInvalidError
    return state


def open_cookie(value: str, state: State) -> Journey:
    """Return what the browser that began with a state kept; raises ``StateInvalidError`` for every other browser."""
    journey = _open(value, Journey, _browser_owner(state))
    if journey.id != state.id:
        raise StateInvalidError
    return journey


def spend(state: State) -> None:
    """Note in the bound tenant's schema that a state was used; raises ``StateInvalidError`` the second time."""
    over = timezone.now() - timedelta(seconds=2 * LIFETIME_SECONDS)
    SpentState.objects.filter(spent_at__lt=over).delete()
    try:
        with transaction.atomic():
            SpentState.objects.create(id=state.id)
    except IntegrityError as error:
        raise StateInvalidError from error


def cookie_name(state_id: str) -> str:
    """Return the name of the cookie that belongs to a state."""
    return f"sign_in_{state_id[:12]}"


def _browser_owner(state: State) -> str:
    return f"sign-in:{state.tenant}:{state.provider}"


def _box() -> SecretBox:
    return SecretBox(settings.ENVIRONMENT.encryption_keys)


def _seal(value: Struct, owner: str) -> str:
    return _box().encrypt(msgspec.json.encode(value).decode(), tenant_id=owner)


def _open(value: str, kind: type[Sealed], owner: str) -> Sealed:
    if len(value) > MAXIMUM_LENGTH or not value.isascii():
        raise StateInvalidError
    try:
        return msgspec.json.decode(_box().decrypt(value, tenant_id=owner), type=kind)
    except (SecretUnreadableError, msgspec.DecodeError) as error:
        raise StateInvalidError from error
