"""Django's entry for sign-ins."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.identity"
    label = "identity"
    verbose_name = "Identity"

    def ready(self) -> None:
        """Say what ways to sign in there are beyond passwords, and how each kind of provider is set up."""
        from tenants.contract.access import SignInKind, SignUp
        from tenants.identity.oidc.settings import check_settings, issuer_of
        from tenants.identity.providers.closed import closed_providers
        from tenants.identity.providers.kinds import ProviderKind, register_kind
        from tenants.identity.providers.services import provider_methods
        from tenants.identity.proxies.settings import check_proxy_settings
        from tenants.identity.saml.setup import check_saml_settings, entity_of
        from tenants.identity.services.factors import has_second_factor
        from tenants.workspace.access.abilities import Abilities, register_abilities

        register_abilities(
            Abilities(
                providers=provider_methods,
                closed_to=closed_providers,
                has_second_factor=has_second_factor,
                sign_up=frozenset(SignUp),
            )
        )
        register_kind(SignInKind.SAML, ProviderKind(check=check_saml_settings, namespace=entity_of))
        register_kind(SignInKind.HEADER, ProviderKind(check=check_proxy_settings))
        register_kind(SignInKind.OIDC, ProviderKind(check=check_settings, namespace=issuer_of))
