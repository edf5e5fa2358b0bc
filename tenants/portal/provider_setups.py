"""How the settings page sets up providers of each kind: their form, what is registered there, what is checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse

from tenants.contract.access import SignInKind
from tenants.identity.addresses import callback_address, shared_callback_address, tenant_address
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.checking import check_connection
from tenants.identity.oidc.form import OidcForm
from tenants.identity.oidc.presets import PRESETS, Preset
from tenants.identity.oidc.settings import settings_of
from tenants.identity.oidc.signing_out import SIGNED_OUT_PATH
from tenants.identity.providers.checking import Check
from tenants.identity.saml.checking import check_saml_connection
from tenants.identity.saml.form import SamlForm
from tenants.identity.saml.presets import SAML_PRESETS, SamlPreset
from tenants.identity.saml.setup import service_addresses
from tenants.portal.views.saml import begin_saml
from tenants.portal.views.sign_in_with import begin_oidc
from tenants.registry.models import Tenant

__all__ = ["SETUPS", "Registered", "Setup", "setup_for_preset"]


@dataclass(frozen=True)
class Registered:
    """An address to be registered at a provider."""

    id: str
    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One kind of provider. ``register`` takes a host, and the provider or (for a new one) its short name."""

    kind: SignInKind
    title: str
    presets: Mapping[str, Preset] | Mapping[str, SamlPreset]
    form: type[OidcForm] | type[SamlForm]
    check: Callable[..., list[Check]]
    begin: Callable[..., HttpResponse]
    register: Callable[[Tenant, str, IdentityProvider | None, str], list[Registered]]


def setup_for_preset(preset: str) -> Setup | None:
    """Return the kind that a well-known provider is of, or None."""
    return next((setup for setup in SETUPS.values() if preset in setup.presets), None)


def _register_oidc(_tenant: Tenant, host: str, provider: IdentityProvider | None, _name: str) -> list[Registered]:
    shared = provider is not None and settings_of(provider).shared_callback
    addresses = [Registered("callback", "Callback address", callback_address(host, shared=shared))]
    if not shared and shared_callback_address():
        addresses.append(Registered("shared-callback", "Or, for all of your domains", shared_callback_address()))
    signed_out = "Post-logout redirect URI, where signing out signs out there, too"
    return [*addresses, Registered("signed-out", signed_out, tenant_address(host, SIGNED_OUT_PATH))]


def _register_saml(tenant: Tenant, host: str, provider: IdentityProvider | None, name: str) -> list[Registered]:
    addresses = service_addresses(tenant, provider.pk if provider else name, host=host)
    given = "" if provider else " (with the short name below)"
    return [
        Registered("entity-id", f"Entity id, and address of the metadata{given}", addresses.entity_id),
        Registered("acs", "Where answers go (Assertion Consumer Service, Reply URL)", addresses.acs_url),
        Registered("signed-out", "Where people come back to who sign out", addresses.slo_url),
    ]


SETUPS: Mapping[SignInKind, Setup] = {
    SignInKind.OIDC: Setup(
        kind=SignInKind.OIDC,
        title="OpenID Connect",
        presets=PRESETS,
        form=OidcForm,
        check=check_connection,
        begin=begin_oidc,
        register=_register_oidc,
    ),
    SignInKind.SAML: Setup(
        kind=SignInKind.SAML,
        title="SAML 2.0",
        presets=SAML_PRESETS,
        form=SamlForm,
        check=check_saml_connection,
        begin=begin_saml,
        register=_register_saml,
    ),
}
