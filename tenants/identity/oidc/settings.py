"""How an OpenID Connect provider is set up: the shape of ``IdentityProvider.settings`` of this kind."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tenants.contract.errors import InvalidValueError
from tenants.identity.models import IdentityProvider
from tenants.outbound.client import check_url
from tenants.outbound.errors import UrlRefusedError

__all__ = ["GITHUB", "OidcSettings", "Protocol", "TokenAuthentication", "check_settings", "issuer_of", "settings_of"]

GITHUB = "https://github.com"

Scope = Annotated[str, Meta(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}\Z")]
Claim = Annotated[str, Meta(max_length=200)]


class Protocol(StrEnum):
    """What the provider speaks."""

    OIDC = "oidc"
    GITHUB = "github"
    """OAuth 2.0 without an ID token: who somebody is, GitHub's API says."""


class TokenAuthentication(StrEnum):
    """How this service proves itself at the token endpoint (OpenID Connect Core 1.0, section 9)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    NONE = "none"


class OidcSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """``groups_claim`` may name a claim within others, ``realm_access.roles``; empty where there are no groups."""

    issuer: Annotated[str, Meta(max_length=500)]
    client_id: Annotated[str, Meta(min_length=1, max_length=255)]
    protocol: Protocol = Protocol.OIDC
    token_authentication: TokenAuthentication = TokenAuthentication.BASIC
    scopes: Annotated[tuple[Scope, ...], Meta(max_length=20)] = ("openid", "email", "profile")
    groups_claim: Claim = ""
    trusts_email: bool = False
    """Whether addresses at the provider's e-mail domains are taken for verified though it does not say so."""
    signs_out: bool = False
    """Whether signing out here signs out there, too (OpenID Connect RP-Initiated Logout 1.0)."""
    shared_callback: bool = False
    """Whether people come back by the platform's callback, which is the same for all domains."""


def settings_of(provider: IdentityProvider) -> OidcSettings:
    """Return a provider's settings."""
    return msgspec.convert(provider.settings, OidcSettings)


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are stored; raises ``InvalidValueError`` naming the field at fault."""
    try:
        read = msgspec.convert(dict(settings), OidcSettings)
    except msgspec.ValidationError as error:
        raise InvalidValueError(
            "oidc_settings_invalid", f"These settings do not fit: {error}.", field=_field_of(error)
        ) from error
    if read.protocol is Protocol.GITHUB:
        return _stored(msgspec.structs.replace(read, issuer=GITHUB))
    issuer = read.issuer.strip()
    if "?" in issuer or "#" in issuer or "{" in issuer:
        raise _wrong_issuer("An issuer has no question mark, number sign or braces; put the names in their place.")
    try:
        check_url(issuer)
    except UrlRefusedError as error:
        raise _wrong_issuer(error.message) from error
    if "openid" not in read.scopes:
        raise InvalidValueError("oidc_settings_invalid", "The scope openid is what makes it a sign-in.", field="scopes")
    issuer = issuer.removesuffix("/.well-known/openid-configuration")
    return _stored(msgspec.structs.replace(read, issuer=issuer, client_id=read.client_id.strip()))


def issuer_of(settings: Mapping[str, Any]) -> str:
    """Return what the names of a provider's people are unique in."""
    return str(settings.get("issuer", ""))


def _stored(settings: OidcSettings) -> dict[str, Any]:
    return dict(msgspec.to_builtins(settings))


def _wrong_issuer(message: str) -> InvalidValueError:
    return InvalidValueError("oidc_settings_invalid", message, field="issuer")


def _field_of(error: msgspec.ValidationError) -> str:
    """Return the field that msgspec's message names at its end: ``... - at `$.issuer```."""
    return str(error).rpartition("`$.")[2].partition("[")[0].rstrip("`") if "`$." in str(error) else ""
