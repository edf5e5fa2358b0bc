"""What can be said of a SAML provider's set-up without anybody signing in."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tenants.contract.errors import DomainError
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.checking import Check
from tenants.identity.saml.certificates import describe_certificate
from tenants.identity.saml.refreshing import refresh_provider
from tenants.identity.saml.settings import SamlSettings
from tenants.identity.saml.setup import service_addresses, settings_of
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["check_saml_connection"]

SOON = timedelta(days=30)


def check_saml_connection(tenant: Tenant, provider: IdentityProvider, *, host: str) -> list[Check]:
    """Read the provider's metadata anew, and say of each part of the set-up whether it will do."""
    address = service_addresses(tenant, provider.pk, host=host).acs_url
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or str(parts.hostname).endswith("localhost")
    checks = [
        Check("Where answers go", is_safe, address if is_safe else f"{address} is not https: most providers refuse it"),
        _check_metadata(tenant, provider),
    ]
    with tenant_schema(tenant):
        provider.refresh_from_db()
    settings = settings_of(provider)
    checks.append(Check("The provider", True, f"{settings.entity_id} asks people at {settings.sso_url}"))
    return [*checks, *_check_certificates(settings)]


def _check_metadata(tenant: Tenant, provider: IdentityProvider) -> Check:
    url = settings_of(provider).metadata_url
    if not url:
        return Check("Metadata", True, "It was pasted: when the provider changes its certificates, paste it again")
    try:
        refresh_provider(tenant.pk, provider.pk)
    except DomainError as error:
        return Check("Metadata", False, error.message)
    return Check("Metadata", True, f"{url} was read just now, and is every hour")


def _check_certificates(settings: SamlSettings) -> list[Check]:
    checks = []
    for certificate in settings.certificates:
        facts = describe_certificate(certificate)
        left = facts.expires_at - datetime.now(UTC)
        detail = f"Good until {facts.expires_at:%d %B %Y}. SHA-256 {facts.fingerprint[:29]}…"
        # SAML goes on without it; but providers change certificates at about that time.
        checks.append(Check(f"Certificate {facts.subject}", left > SOON, detail))
    return checks
