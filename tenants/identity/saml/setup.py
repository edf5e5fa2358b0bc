"""Setting SAML up for a tenant: the settings of a provider as they are stored, and the tenant's part in it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings as django_settings
from django.urls import reverse

from tenants.contract.errors import InvalidValueError
from tenants.contract.secrets import SecretBox
from tenants.identity.browser import live_state
from tenants.identity.models import IdentityProvider, SamlKeyPair
from tenants.identity.saml.certificates import normalise_certificate
from tenants.identity.saml.key_pairs import KeyPair, create_key_pair
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import seal

__all__ = ["check_saml_settings", "entity_of", "key_pair_of", "service_provider_of", "settings_of"]


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
    hosts = live_state(tenant).hosts

    def address(name: str, on: str) -> str:
        return _address(on, reverse(f"portal:saml_{name}", args=[provider_id]))

    return ServiceProvider(
        entity_id=address("metadata", hosts[0]),
        acs_url=address("acs", host),
        slo_url=address("signed_out", host),
        key_pair=key_pair_of(tenant),
        other_acs_urls=tuple(address("acs", other) for other in hosts if other != host),
    )


def _address(host: str, path: str) -> str:
    """Return an address on a tenant's domain, by the platform's scheme and port."""
    platform = urlsplit(django_settings.ENVIRONMENT.platform_url)
    port = f":{platform.port}" if platform.port else ""
    return f"{platform.scheme}://{host}{port}{path}"
