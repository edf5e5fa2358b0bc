"""What can be said of a provider's set-up without anybody signing in."""

from urllib.parse import urlsplit

from tenants.contract.errors import DomainError
from tenants.identity.addresses import callback_address
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.discovery import ProviderMetadata, configuration_url, discover, signing_keys
from tenants.identity.oidc.documents import documents
from tenants.identity.oidc.settings import OidcSettings, Protocol, TokenAuthentication, settings_of
from tenants.identity.providers.checking import Check
from tenants.identity.providers.services import open_secret
from tenants.registry.models import Tenant

__all__ = ["check_connection"]


def check_connection(tenant: Tenant, provider: IdentityProvider, *, host: str) -> list[Check]:
    """Ask the provider anew for what it publishes, and say of each part whether it will do."""
    settings = settings_of(provider)
    checks = [_check_callback(callback_address(host, shared=settings.shared_callback))]
    checks.append(_check_secret(tenant, provider, settings))
    if settings.protocol is Protocol.GITHUB:
        return checks
    documents.forget(configuration_url(settings.issuer))
    try:
        metadata = discover(settings.issuer)
    except DomainError as error:
        return [*checks, Check("Configuration", False, _told(error))]
    checks.append(Check("Configuration", True, f"{metadata.issuer} answers at {configuration_url(settings.issuer)}"))
    checks.append(_check_keys(metadata))
    if settings.signs_out:
        said = metadata.end_session_endpoint or "The provider names no address to sign out at"
        checks.append(Check("Signing out there", bool(metadata.end_session_endpoint), said))
    return checks


def _check_callback(address: str) -> Check:
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or str(parts.hostname).endswith("localhost")
    return Check(
        "Callback address", is_safe, address if is_safe else f"{address} is not https: most providers refuse it"
    )


def _check_secret(tenant: Tenant, provider: IdentityProvider, settings: OidcSettings) -> Check:
    try:
        secret = open_secret(tenant, provider)
    except DomainError as error:
        return Check("Client secret", False, error.message)
    if settings.token_authentication is TokenAuthentication.NONE:
        return Check("Client secret", True, "None: a public client, held to its sign-ins by PKCE alone")
    return Check("Client secret", bool(secret), "Stored" if secret else "None is stored")


def _check_keys(metadata: ProviderMetadata) -> Check:
    documents.forget(metadata.jwks_uri)
    try:
        count = len(signing_keys(metadata).keys)
    except DomainError as error:
        return Check("Keys", False, _told(error))
    return Check("Keys", True, f"{count} to sign with, by {', '.join(metadata.algorithms)}")


def _told(error: DomainError) -> str:
    detail = getattr(error, "detail", "")
    return str(error) if str(error) != error.message else f"{error.message} {detail}".strip()
