"""The two steps with a provider: where the browser is sent, and what its answer is worth (RFC 6749, RFC 7636)."""

from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from tenants.identity.oidc import github
from tenants.identity.oidc.discovery import ProviderMetadata, discover
from tenants.identity.oidc.documents import read_json, send
from tenants.identity.oidc.errors import AnswerRefusedError, ProviderUnavailableError, Reason
from tenants.identity.oidc.id_tokens import read_id_token
from tenants.identity.oidc.people import lacks_claims
from tenants.identity.oidc.settings import GITHUB, OidcSettings, Protocol
from tenants.identity.oidc.state import Journey
from tenants.outbound.client import GuardedTransport

__all__ = ["Redeemed", "authorization_url", "metadata_of", "redeem"]


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """Checked claims; ``id_token`` is the token they came in, where there is one."""

    claims: dict[str, Any]
    id_token: str = ""


def metadata_of(settings: OidcSettings) -> ProviderMetadata:
    """Return where a provider's endpoints are; raises ``AnswerRefusedError`` or ``ProviderUnavailableError``."""
    if settings.protocol is Protocol.GITHUB:
        return ProviderMetadata(
            issuer=GITHUB,
            authorization_endpoint=github.AUTHORIZATION_ENDPOINT,
            token_endpoint=github.TOKEN_ENDPOINT,
            jwks_uri="",
        )
    return discover(settings.issuer)


def authorization_url(settings: OidcSettings, *, state: str, journey: Journey) -> str:
    """Return where to send the browser, with a challenge (S256) and a nonce; raises as ``metadata_of``."""
    endpoint = metadata_of(settings).authorization_endpoint
    with _client(settings, "", journey) as client:
        nonce = {} if settings.protocol is Protocol.GITHUB else {"nonce": journey.nonce}
        url, _ = client.create_authorization_url(endpoint, state=state, code_verifier=journey.verifier, **nonce)
    return str(url)


def redeem(settings: OidcSettings, secret: str, *, code: str, issuer: str, journey: Journey) -> Redeemed:
    """Return the claims about whom a code stands for; ``issuer`` is who the answer says to be from, or empty.

    Raises ``AnswerRefusedError`` or ``ProviderUnavailableError``.
    """
    metadata = metadata_of(settings)
    if issuer != metadata.issuer and (issuer or metadata.names_issuer):
        raise AnswerRefusedError(Reason.ISSUER, issuer)
    token = _fetch_token(settings, secret, metadata, code, journey)
    access_token = token.get("access_token")
    access_token = access_token if isinstance(access_token, str) else ""
    if settings.protocol is Protocol.GITHUB:
        return Redeemed(claims=github.read_person(access_token))
    claims = read_id_token(
        token.get("id_token"),
        metadata=metadata,
        client_id=settings.client_id,
        nonce=journey.nonce,
        access_token=access_token,
    )
    if access_token and metadata.userinfo_endpoint and lacks_claims(claims, settings):
        more = read_json(metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise AnswerRefusedError(Reason.PERSON, "the userinfo endpoint speaks of somebody else")
        claims = {**more, **claims}
    return Redeemed(claims=claims, id_token=str(token["id_token"]))


def _fetch_token(
    settings: OidcSettings, secret: str, metadata: ProviderMetadata, code: str, journey: Journey
) -> dict[str, Any]:
    with _client(settings, secret, journey) as client:
        try:
            return dict(
                send(
                    lambda: client.fetch_token(
                        metadata.token_endpoint,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=journey.verifier,
                    )
                )
            )
        except OAuthError as error:
            raise AnswerRefusedError(Reason.CODE, f"{error.error}: {error.description or ''}") from error
        except httpx2.HTTPStatusError as error:
            said = f"the token endpoint answers {error.response.status_code}"
            if error.response.status_code >= 500 or error.response.status_code == 429:
                raise ProviderUnavailableError(said) from error
            raise AnswerRefusedError(Reason.CODE, said) from error
        except (ValueError, RecursionError) as error:
            raise AnswerRefusedError(Reason.CODE, "the token endpoint answers what is no JSON object") from error


def _client(settings: OidcSettings, secret: str, journey: Journey) -> OAuth2Client:
    return OAuth2Client(
        client_id=settings.client_id,
        client_secret=secret,
        token_endpoint_auth_method=settings.token_authentication.value,
        scope=" ".join(settings.scopes),
        redirect_uri=journey.redirect_uri,
        code_challenge_method="S256",
        transport=GuardedTransport(),
        trust_env=False,
        follow_redirects=False,
    )
