"""Where a provider's endpoints are, by its own word (OpenID Connect Discovery 1.0), and with which keys it signs."""

from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tenants.identity.oidc.documents import documents
from tenants.identity.oidc.errors import AnswerRefusedError, Reason
from tenants.outbound.client import check_url
from tenants.outbound.errors import UrlRefusedError

__all__ = ["ALGORITHMS", "ProviderMetadata", "configuration_url", "discover", "signing_keys"]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that are believed: by a key that only the provider has. Never ``none``, never a shared secret."""


@dataclass(frozen=True, kw_only=True)
class ProviderMetadata:
    """What is needed of a provider's configuration; ``algorithms`` are those of ours that it uses, or all of ours."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    algorithms: tuple[str, ...] = ALGORITHMS
    names_issuer: bool = False
    """Whether it says in its answer who it is (RFC 9207)."""


def configuration_url(issuer: str) -> str:
    """Return where a provider's configuration stands."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def discover(issuer: str) -> ProviderMetadata:
    """Return a provider's metadata; raises ``AnswerRefusedError`` or ``ProviderUnavailableError``.

    The issuer must be the one that was set up, but for a slash at its end, which people leave out.
    """
    document = documents.get(configuration_url(issuer))
    named = document.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise AnswerRefusedError(Reason.ISSUER, str(named))
    offered = document.get("id_token_signing_alg_values_supported")
    algorithms = tuple(name for name in ALGORITHMS if not isinstance(offered, list) or name in offered)
    if not algorithms:
        raise AnswerRefusedError(Reason.ALGORITHM, str(offered))
    return ProviderMetadata(
        issuer=named,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint", optional=True),
        end_session_endpoint=_endpoint(document, "end_session_endpoint", optional=True),
        algorithms=algorithms,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def signing_keys(metadata: ProviderMetadata, *, newer: bool = False) -> KeySet:
    """Return the provider's public keys; ``newer`` asks for them again, which is done at a bounded rate.

    Raises ``AnswerRefusedError`` or ``ProviderUnavailableError``.
    """
    read = documents.get_newer if newer else documents.get
    listed = read(metadata.jwks_uri).get("keys")
    # A shared secret has no place in a public document: whoever reads it could sign.
    usable = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise AnswerRefusedError(Reason.KEYS, str(error)) from error


def _endpoint(document: dict[str, Any], name: str, *, optional: bool = False) -> str:
    value = document.get(name)
    if optional and not value:
        return ""
    if not isinstance(value, str):
        raise AnswerRefusedError(Reason.DOCUMENT, f"{name} is missing")
    try:
        check_url(value)
    except UrlRefusedError as error:
        raise AnswerRefusedError(Reason.ADDRESS, f"{name}: {error.message}") from error
    return value
