"""Tokens of people who signed in at a tenant: one for the chat and the settings page, made and read by both halves.

A token is a JWT (RFC 7519) in Chainlit's own cookie, signed with a key derived for the tenant and its sign-out epoch.
It names the tenant as its audience and the kind of policy it was given under, so it is worth nothing at another
tenant, after everyone was signed out, or under another policy. A member's also says which member, by which sign-in,
how and when (``sid``, ``member``, ``method``, ``auth_time``).
"""

import time
from collections.abc import Mapping
from typing import Any

import jwt
from msgspec import Struct

from tenants.contract.access import Entry
from tenants.contract.email_domains import email_is_at
from tenants.contract.secrets import derive_key
from tenants.contract.state import AccessMode, TenantState

__all__ = [
    "ALGORITHM", "SIGN_IN_COOKIE", "InvalidTokenError", "SignedIn", "check_in_use", "check_not_ended",
    "create_member_token", "encode_token", "read_member_token", "read_token", "renew_token", "signed_in",
    "signing_key", "wants_renewal",
]  # fmt: skip

ALGORITHM = "HS256"
ISSUER = "chainlit-tenants"
SIGN_IN_COOKIE = "access_token"
"""Chainlit's name for the cookie."""
REQUIRED_CLAIMS = ("exp", "iat", "aud", "iss", "access", "identifier")

InvalidTokenError = jwt.InvalidTokenError
"""What is raised for a token that is worth nothing here."""


class SignedIn(Struct, frozen=True, kw_only=True):
    """A member and the sign-in by which they came. ``auth_time`` is in Unix seconds."""

    sign_in: str
    member: str
    email: str
    name: str
    role: str
    method: str
    auth_time: int


def signing_key(master_secret: str, state: TenantState) -> str:
    """Return the key of a tenant's tokens at its present sign-out epoch."""
    return derive_key(master_secret, purpose="jwt", tenant_id=state.id, epoch=state.access.sign_out_epoch)


def create_member_token(person: SignedIn, *, key: str, state: TenantState) -> str:
    """Return the token of a member; it ends with the policy's session, counted from the sign-in."""
    claims = {
        "identifier": person.email,
        "display_name": person.name,
        "metadata": {"role": person.role},
        "sid": person.sign_in,
        "member": person.member,
        "method": person.method,
        "auth_time": person.auth_time,
        "access": AccessMode.MEMBERS.value,
    }
    return encode_token(claims, key=key, tenant_id=state.id, expires_at=person.auth_time + state.access.session_seconds)


def encode_token(claims: Mapping[str, Any], *, key: str, tenant_id: str, expires_at: int) -> str:
    """Return a token with these claims for a tenant; ``expires_at`` is in Unix seconds."""
    frame = {"iss": ISSUER, "aud": tenant_id, "iat": int(time.time()), "exp": expires_at}
    return jwt.encode({**claims, **frame}, key, algorithm=ALGORITHM)


def read_token(token: str, *, key: str, tenant_id: str) -> dict[str, Any]:
    """Return the claims of a token of this tenant; raises ``InvalidTokenError``."""
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=tenant_id,
        issuer=ISSUER,
        options={"require": list(REQUIRED_CLAIMS)},
    )
    return claims


def signed_in(claims: Mapping[str, Any]) -> SignedIn | None:
    """Return the member that checked claims speak of; None where an app let somebody in, who need not be one."""
    if claims["access"] != AccessMode.MEMBERS:
        return None
    try:
        return SignedIn(
            sign_in=claims["sid"],
            member=claims["member"],
            email=claims["identifier"],
            name=claims["display_name"],
            role=claims["metadata"]["role"],
            method=claims["method"],
            auth_time=claims["auth_time"],
        )
    except (KeyError, TypeError) as error:
        raise InvalidTokenError("The token says too little of who signed in.") from error


def read_member_token(token: str, *, key: str, state: TenantState) -> SignedIn:
    """Return the member of a token, unless their sign-ins were ended since; raises ``InvalidTokenError``."""
    claims = read_token(token, key=key, tenant_id=state.id)
    person = signed_in(claims)
    if person is None:
        raise InvalidTokenError("The token was given by the app and not to a member.")
    check_not_ended(person, state)
    check_in_use(claims, state)
    return person


def check_not_ended(person: SignedIn, state: TenantState) -> None:
    """Raise ``InvalidTokenError`` when the member's sign-ins, or this one, were ended after it was made.

    Also when it has lasted as long as the present policy lets a sign-in last, the policy no longer offers the way in
    which they signed in, or their e-mail address is at none of the domains that it asks for: the token may be from a
    kinder one. Mailed links to choose a password are the way ``password``.
    """
    if time.time() >= person.auth_time + state.access.session_seconds:
        raise InvalidTokenError("The sign-in has lasted as long as it may.")
    if not state.access.offers(person.method):
        raise InvalidTokenError("Nobody can sign in in that way now.")
    if state.access.entry is Entry.DOMAINS and not email_is_at(person.email, state.access.email_domains):
        raise InvalidTokenError("The member is at none of the domains that may enter now.")
    if any(state.access.is_ended(subject, person.auth_time) for subject in (person.member, person.sign_in)):
        raise InvalidTokenError("The sign-in was ended.")


def check_in_use(claims: Mapping[str, Any], state: TenantState, *, last_used: float = 0) -> None:
    """Raise ``InvalidTokenError`` when a sign-in was left unused for longer than the policy lets it be.

    A token is given anew while its browser is used (``renew_token``), so its ``iat`` says when that last was.
    ``last_used``, in Unix seconds, is what is known beside it, of a socket's use.
    """
    idle_seconds = state.access.idle_seconds
    if idle_seconds and time.time() > max(claims["iat"], last_used) + idle_seconds:
        raise InvalidTokenError("The sign-in was not used for too long.")


def wants_renewal(claims: Mapping[str, Any], state: TenantState) -> bool:
    """Say whether a token in use should be given anew: after a minute, sooner where the idle time is short."""
    idle_seconds = state.access.idle_seconds
    return idle_seconds > 0 and time.time() >= claims["iat"] + min(60, idle_seconds / 10)


def renew_token(claims: Mapping[str, Any], *, key: str) -> str:
    """Return a token of the same sign-in that says it is used now. It ends when the one before would have ended."""
    return encode_token(claims, key=key, tenant_id=claims["aud"], expires_at=claims["exp"])
