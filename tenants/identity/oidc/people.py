"""From claims to whom a provider vouches for."""

from collections.abc import Iterable, Mapping
from typing import Any

from tenants.contract.email_domains import email_is_at
from tenants.identity.oidc.settings import OidcSettings
from tenants.identity.providers.vouching import VouchedPerson

__all__ = ["lacks_claims", "person_of_claims"]

MAXIMUM_GROUPS = 1000


def lacks_claims(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    """Say whether something is wanted that an ID token does not say, but the userinfo endpoint may."""
    wanted = ("email", "name", settings.groups_claim)
    return any(name and _claim(claims, name) is None for name in wanted)


def person_of_claims(
    claims: Mapping[str, Any], settings: OidcSettings, *, email_domains: Iterable[str] = ()
) -> VouchedPerson:
    """Return the person that checked claims describe.

    ``email_domains`` are the provider's: whose addresses count as verified where it is trusted with them and is silent.
    """
    email = _text(claims.get("email"))[:254]
    given = f"{_text(claims.get('given_name'))} {_text(claims.get('family_name'))}".strip()
    return VouchedPerson(
        subject=claims["sub"],
        email=email,
        email_verified=_is_verified(claims, email, settings, tuple(email_domains)),
        name=(_text(claims.get("name")) or given)[:80],
        groups=_groups(_claim(claims, settings.groups_claim)),
        # “More than one factor” (RFC 8176).
        proved_second_factor="mfa" in _groups(claims.get("amr")),
    )


def _is_verified(claims: Mapping[str, Any], email: str, settings: OidcSettings, domains: tuple[str, ...]) -> bool:
    if claims.get("email_verified") is not None:
        # Some providers write the truth as a text.
        return claims["email_verified"] is True or claims["email_verified"] == "true"
    return settings.trusts_email and email_is_at(email, domains)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, which may hold dots itself, or lead into another claim."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _groups(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(group for group in value if isinstance(group, str))[:MAXIMUM_GROUPS] if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
