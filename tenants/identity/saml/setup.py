"""Setting SAML up for a tenant: the settings of a provider as they are stored, and the tenant's part in it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django.conf import settings as django_settings

from tenants.contract.errors import InvalidValueError
from tenants.contract.secrets import SecretBox
from tenants.identity.addresses import tenant_address
from tenants.identity.browser import live_state
from tenants.identity.models import IdentityProvider, SamlKeyPair
from tenants.identity.saml.certificates import normalise_certificate
from tenants.identity.saml.key_pairs import KeyPair, create_key_pair
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import seal

__all__ = [
    "ServiceAddresses",
    "check_saml_settings",
    "entity_of",
    "key_pair_of",
    "service_addresses",
    "service_provider_of",
    "settings_of",
]


_PATHS = {"metadata": "metadata", "acs": "acs", "signed_out": "signed-out"}
"""Of ``tenants.portal.urls``."""


class ServiceAddresses(NamedTuple):
    """Where a provider finds this tenant. The entity id is of its first domain, whichever it is asked on."""

    entity_id: str
    acs_url: str
    slo_url: str


def check_saml_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a provider as they are stored; raises ``InvalidValueError`` naming the field."""
    given = dict(settings)
    given["certificates"] = [normalise_certificate(str(each)) for each in given.get("certificates", ())]
    try:
        checked = msgspec.convert(given, SamlSettings)
    except msgspec.ValidationError as error:
        path = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "settings"
        raise InvalidValueError(
            "provider_settings_invalid", f"The settings of a SAML provider do not fit: {error}.", field=path
        ) from error
    # By way of JSON, so that what is compared with a row is like what comes out of one.
    stored: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(checked))
    return stored


def entity_of(settings: Mapping[str, Any]) -> str:
    """Return whose names for people these are."""
    return str(settings.get("entity_id", ""))


def settings_of(provider: IdentityProvider) -> SamlSettings:
    """Return the settings of a provider."""
    return msgspec.convert(provider.settings, SamlSettings)


def key_pair_of(tenant: Tenant) -> KeyPair:
    """Return the tenant's own key, which is made the first time; raises ``SecretUnreadableError``."""
    with tenant_schema(tenant):
        row = SamlKeyPair.objects.first()
        if row is None:
            made = create_key_pair(f"{tenant.slug} (chainlit-tenants)")
            sealed = seal(made.private_key, owner=str(tenant.pk), present=None)
            # Of two who make one at once, the first one's stays.
            row, _ = SamlKeyPair.objects.get_or_create(
                pk=1, defaults={"private_key": sealed, "certificate": made.certificate}
            )
    box = SecretBox(django_settings.ENVIRONMENT.encryption_keys)
    return KeyPair(box.decrypt(row.private_key, tenant_id=str(tenant.pk)), row.certificate)


def service_provider_of(tenant: Tenant, provider_id: str, *, host: str) -> ServiceProvider:
    """Return the tenant as this provider sees it, asked on one of its domains."""
    addresses = service_addresses(tenant, provider_id, host=host)
    others = [other for other in live_state(tenant).hosts if other != host]
    return ServiceProvider(
        entity_id=addresses.entity_id,
        acs_url=addresses.acs_url,
        slo_url=addresses.slo_url,
        key_pair=key_pair_of(tenant),
        other_acs_urls=tuple(_address("acs", provider_id, other) for other in others),
    )


def service_addresses(tenant: Tenant, provider_id: str, *, host: str) -> ServiceAddresses:
    """Return what a provider is to be told of the tenant, asked on one of its domains."""
    return ServiceAddresses(
        entity_id=_address("metadata", provider_id, live_state(tenant).hosts[0]),
        acs_url=_address("acs", provider_id, host),
        slo_url=_address("signed_out", provider_id, host),
    )


def _address(name: str, provider_id: str, host: str) -> str:
    return tenant_address(host, f"/settings/sign-in/saml/{provider_id}/{_PATHS[name]}/")
