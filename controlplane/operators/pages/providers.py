"""A tenant's OpenID Connect providers, among the commands of the tab Access."""

from typing import Any

from django.http import HttpResponse, QueryDict

from controlplane.operators.addresses import primary_domain
from controlplane.operators.pages.tenant_page import TenantPage
from tenants.contract.access import SignInKind
from tenants.identity.addresses import callback_address, shared_callback_address
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.checking import check_connection
from tenants.identity.oidc.form import OidcForm
from tenants.identity.oidc.presets import PRESETS
from tenants.identity.providers.services import add_provider, get_provider, remove_provider, update_provider
from tenants.registry.schema import tenant_schema

__all__ = ["ProviderCommands"]


class ProviderCommands(TenantPage):
    """What operators do about providers, for the page that shows them: ``?add=`` a preset, or ``?provider=`` to change.

    Trying a sign-in out takes the tenant's own domain, so that is the settings page's.
    """

    def read_providers(self) -> dict[str, Any]:
        """Return the bound tenant's providers, and the form that the address asks for."""
        providers = list(IdentityProvider.objects.filter(kind=SignInKind.OIDC))
        chosen = self.request.POST.get("provider") or self.request.GET.get("provider", "")
        preset = self.request.POST.get("preset") or self.request.GET.get("add", "")
        edited = next((provider for provider in providers if provider.pk == chosen), None)
        form = None
        if edited is not None:
            form = _form(None, preset=edited.preset, provider=edited)
        elif preset in PRESETS:
            form = _form(None, preset=preset)
        domain = primary_domain(self.tenant)
        return {
            "providers": providers,
            "presets": [(name, each.title) for name, each in PRESETS.items()],
            "edited_provider": edited,
            "provider_form": form,
            "callback": callback_address(domain, shared=False) if domain else "",
            "shared_callback": shared_callback_address(),
        }

    def add_provider(self) -> HttpResponse:
        """Set up a new provider."""
        form = _form(self.request.POST, preset=self.request.POST.get("preset", ""))

        def add() -> None:
            add_provider(
                self.tenant.pk,
                form.cleaned_data["id"],
                kind=SignInKind.OIDC,
                secret=form.new_secret() or "",
                actor=self.actor,
                **form.values(),
            )

        return self.submit("provider_form", form, add, done="The provider is set up. Test it, then offer it to people.")

    def update_provider(self) -> HttpResponse:
        """Change a provider."""
        provider = self._provider()
        form = _form(self.request.POST, preset=provider.preset, provider=provider)

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
        checks = check_connection(self.tenant, provider, host=primary_domain(self.tenant))
        return self.show(checks=checks, tested=provider, provider_form=None)

    def _provider(self) -> IdentityProvider:
        with tenant_schema(self.tenant):
            return get_provider(self.request.POST.get("provider", ""))


def _form(data: QueryDict | None, *, preset: str, provider: IdentityProvider | None = None) -> OidcForm:
    return OidcForm(data, preset=preset, provider=provider, auto_id="provider_%s")
