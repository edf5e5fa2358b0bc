"""A tenant's OpenID Connect and SAML providers, among the commands of the tab Access."""

from typing import Any

from django.http import HttpResponse, QueryDict

from controlplane.operators.addresses import primary_domain
from controlplane.operators.pages.tenant_page import TenantPage
from tenants.contract.access import SignInKind
from tenants.contract.errors import NotFoundError
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.form import OidcForm
from tenants.identity.providers.services import add_provider, get_provider, remove_provider, update_provider
from tenants.identity.saml.form import SamlForm
from tenants.portal.provider_setups import SETUPS, Registered, Setup, setup_for_preset
from tenants.registry.schema import tenant_schema

__all__ = ["ProviderCommands"]


class ProviderCommands(TenantPage):
    """What operators do about providers, for the page that shows them: ``?add=`` a preset, or ``?provider=`` to change.

    Trying a sign-in out takes the tenant's own domain, so that is the settings page's.
    """

    def read_providers(self) -> dict[str, Any]:
        """Return the bound tenant's providers, and the form that the address asks for."""
        providers = list(IdentityProvider.objects.filter(kind__in=SETUPS))
        chosen = self.request.POST.get("provider") or self.request.GET.get("provider", "")
        preset = self.request.POST.get("preset") or self.request.GET.get("add", "")
        edited = next((provider for provider in providers if provider.pk == chosen), None)
        setup = SETUPS[SignInKind(edited.kind)] if edited else setup_for_preset(preset)
        form = None
        if setup is not None:
            form = _form(setup, None, preset=edited.preset if edited else preset, provider=edited)
        return {
            "providers": providers,
            "setups": SETUPS.values(),
            "edited_provider": edited,
            "provider_form": form,
            "registered": self._registered(setup, form) if setup and form else [],
        }

    def add_provider(self) -> HttpResponse:
        """Set up a new provider."""
        preset = self.request.POST.get("preset", "")
        setup = setup_for_preset(preset)
        if setup is None:
            raise NotFoundError("provider_not_found", "There is no such identity provider.")
        form = _form(setup, self.request.POST, preset=preset)

        def add() -> None:
            add_provider(
                self.tenant.pk,
                form.cleaned_data["id"],
                kind=setup.kind,
                secret=form.new_secret() or "",
                actor=self.actor,
                **form.values(),
            )

        return self.submit("provider_form", form, add, done="The provider is set up. Test it, then offer it to people.")

    def update_provider(self) -> HttpResponse:
        """Change a provider."""
        provider = self._provider()
        form = _form(_setup_of(provider), self.request.POST, preset=provider.preset, provider=provider)

        def update() -> None:
            update_provider(self.tenant.pk, provider.pk, secret=form.new_secret(), actor=self.actor, **form.values())

        return self.submit("provider_form", form, update, done="The provider is saved.")

    def remove_provider(self) -> HttpResponse:
        """Remove a provider."""
        provider_id = self.request.POST.get("provider", "")
        return self.run(
            lambda: remove_provider(self.tenant.pk, provider_id, actor=self.actor), done="The provider is removed."
        )

    def test_provider(self) -> HttpResponse:
        """Say whether the connection to a provider will do."""
        provider = self._provider()
        checks = _setup_of(provider).check(self.tenant, provider, host=primary_domain(self.tenant))
        return self.show(checks=checks, tested=provider, provider_form=None)

    def _registered(self, setup: Setup, form: OidcForm | SamlForm) -> list[Registered]:
        domain = primary_domain(self.tenant)
        name = "" if form.provider else form["id"].value()
        return setup.register(self.tenant, domain, form.provider, name) if domain else []

    def _provider(self) -> IdentityProvider:
        with tenant_schema(self.tenant):
            return get_provider(self.request.POST.get("provider", ""))


def _setup_of(provider: IdentityProvider) -> Setup:
    setup = SETUPS.get(SignInKind(provider.kind))
    if setup is None:
        raise NotFoundError("provider_not_found", "There is no such identity provider.")
    return setup


def _form(
    setup: Setup, data: QueryDict | None, *, preset: str, provider: IdentityProvider | None = None
) -> OidcForm | SamlForm:
    return setup.form(data, preset=preset, provider=provider, auto_id="provider_%s")
