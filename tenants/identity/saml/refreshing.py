"""Reading the metadata of identity providers again, so that a change of their certificates needs nobody here.

A provider that changes its key names the old and the new one for a while. What is read takes the place of what was:
a certificate that the provider no longer names is no longer believed.
"""

from uuid import UUID

import structlog
from django.db import transaction

from tenants.contract.access import SignInKind
from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import get_provider, update_provider
from tenants.identity.saml.errors import MetadataInvalidError
from tenants.identity.saml.identity_provider import MAXIMUM_METADATA_BYTES, ProviderMetadata, read_provider_metadata
from tenants.identity.saml.setup import settings_of
from tenants.outbound.client import open_client
from tenants.registry.actor import SYSTEM, Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema

__all__ = ["fetch_metadata", "refresh_provider", "refresh_tenant", "tenants_to_refresh"]

log = structlog.get_logger(__name__)


def fetch_metadata(url: str) -> ProviderMetadata:
    """Return what the metadata under an address says.

    Raises ``MetadataInvalidError``, and the errors of ``tenants.outbound.errors`` where nothing can be fetched.
    """
    with open_client(maximum_bytes=MAXIMUM_METADATA_BYTES) as client:
        answer = client.get(url, headers={"Accept": "application/samlmetadata+xml, application/xml, text/xml"})
    if answer.status_code != 200:
        raise MetadataInvalidError(
            f"The address of the metadata answers {answer.status_code}; it must be the very one that holds it.",
            field="metadata_url",
        )
    return read_provider_metadata(answer.content)


def refresh_provider(tenant_id: UUID | str, provider_id: str, *, actor: Actor = SYSTEM) -> bool:
    """Read a provider's metadata again and keep what it says; return whether that was something new.

    Raises as ``fetch_metadata``, and ``MetadataInvalidError`` where another provider stands there now.
    """
    actor.expect(Permission.MANAGE_ACCESS)
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        url = settings_of(get_provider(provider_id)).metadata_url
    if not url:
        return False
    found = fetch_metadata(url)
    with transaction.atomic(), tenant_schema(tenant):
        # An administrator who saves at this moment does so before or after, and loses nothing.
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        provider = get_provider(provider_id)
        if found.entity_id != settings_of(provider).entity_id:
            raise MetadataInvalidError(
                f"Under the address of the metadata there is another provider now: {found.entity_id[:200]}",
                field="metadata_url",
            )
        before = provider.settings
        read = {"sso_url": found.sso_url, "slo_url": found.slo_url, "certificates": list(found.certificates)}
        after = update_provider(tenant.pk, provider_id, settings={**before, **read}, actor=actor)
        return bool(after.settings != before)


def refresh_tenant(tenant_id: UUID | str) -> None:
    """Read the metadata of all providers of a tenant again. One that cannot be read leaves what was read before."""
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        providers = list(IdentityProvider.objects.filter(kind=SignInKind.SAML).values_list("pk", flat=True))
    for provider_id in providers:
        try:
            changed = refresh_provider(tenant_id, provider_id)
        except DomainError as error:
            log.warning("metadata not read", tenant=tenant.slug, provider=provider_id, code=error.code, why=str(error))
        else:
            log.info("metadata read", tenant=tenant.slug, provider=provider_id, changed=changed)


def tenants_to_refresh() -> list[str]:
    """Return the tenants at which people sign in by SAML."""
    offering = {"access": {"methods": [{"kind": SignInKind.SAML.value}]}}
    found = Tenant.objects.filter(live_publication__document__contains=offering)
    return [str(tenant_id) for tenant_id in found.values_list("pk", flat=True)]
