"""The proxies that name a tenant's people."""

from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.http.request import QueryDict

from controlplane.operators.pages.tenant_page import TenantPage, tenant_address
from tenants.contract.access import SignInKind
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import add_provider, remove_provider, update_provider
from tenants.identity.proxies.form import ProxyForm
from tenants.identity.proxies.secrets import make_proxy_secret, withdraw_proxy_secret

__all__ = ["ProxiesPage"]


class ProxiesPage(TenantPage):
    """The list, and beside it the form of a new proxy or of the one that ``?edit=`` names."""

    tab = "access"
    title = "Proxies"
    template_name = "operators/tenant_proxies.html"
    commands: ClassVar = {
        "add": "add_proxy",
        "update": "update_proxy",
        "make-secret": "make_secret",
        "withdraw-secret": "withdraw_secret",
        "remove": "remove_proxy",
    }

    def read(self) -> dict[str, Any]:
        """Return the proxies with their secrets, and the form."""
        proxies = list(IdentityProvider.objects.filter(kind=SignInKind.HEADER).prefetch_related("proxy_secrets"))
        chosen = self.request.POST.get("proxy") or self.request.GET.get("edit")
        edited = next((proxy for proxy in proxies if proxy.pk == chosen), None)
        return {
            "proxies": [(proxy, list(proxy.proxy_secrets.all())) for proxy in proxies],
            "edited": edited,
            "form": _form(None, edited),
            "access_address": tenant_address(self.tenant.pk, "access"),
        }

    def add_proxy(self) -> HttpResponse:
        """Set up a proxy; its first secret is made by a button, and shown then."""
        form = _form(self.request.POST, None)
        return self.submit(
            "form",
            form,
            lambda: add_provider(
                self.tenant.pk, form.cleaned_data["id"], kind=SignInKind.HEADER, actor=self.actor, **form.values()
            ),
            done="The proxy is set up. Make a secret for it, then offer it on the Access page.",
        )

    def update_proxy(self) -> HttpResponse:
        """Change a proxy."""
        form = _form(self.request.POST, IdentityProvider(kind=SignInKind.HEADER))
        return self.submit(
            "form", form, lambda: update_provider(self.tenant.pk, self._proxy(), actor=self.actor, **form.values())
        )

    def make_secret(self) -> HttpResponse:
        """Make another secret and show it, this once."""
        secret = make_proxy_secret(self.tenant.pk, self._proxy(), actor=self.actor)
        return self.show(secret=secret, secret_of=self._proxy())

    def withdraw_secret(self) -> HttpResponse:
        """Let a secret be worth nothing."""
        secret_id = self.request.POST.get("secret", "")
        return self.run(
            lambda: withdraw_proxy_secret(self.tenant.pk, self._proxy(), secret_id, actor=self.actor),
            done="That secret signs nobody in any more.",
        )

    def remove_proxy(self) -> HttpResponse:
        """Remove a proxy."""
        return self.run(lambda: remove_provider(self.tenant.pk, self._proxy(), actor=self.actor))

    def back(self) -> HttpResponse:
        """Return to this page and not to the tab that it belongs to."""
        return HttpResponseRedirect(tenant_address(self.tenant.pk, "proxies"))

    def _proxy(self) -> str:
        return self.request.POST.get("proxy", "")


def _form(data: QueryDict | None, proxy: IdentityProvider | None) -> ProxyForm:
    return ProxyForm(data, provider=proxy, auto_id="proxy_%s")
