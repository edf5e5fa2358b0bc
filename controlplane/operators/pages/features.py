"""Chainlit's switches that a tenant sets over its app's own."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.request import QueryDict

from controlplane.operators.pages.tenant_page import TenantPage
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.contract.state import Features, Interface
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import SwitchesForm, show_domain_error
from tenants.workspace.services.chat_settings import get_features, get_interface, update_chat_settings

__all__ = ["FeaturesPage"]


class FeaturesPage(TenantPage):
    """Both sets of switches as one form, so that one save is one revision."""

    tab = "features"
    title = "Features & interface"
    template_name = "operators/tenant_features.html"
    commands: ClassVar = {"switches": "save_switches"}

    def read(self) -> dict[str, Any]:
        """Return both forms."""
        features, interface = self._forms(None)
        return {"features_form": features, "interface_form": interface}

    def save_switches(self) -> HttpResponse:
        """Change features and interface together."""
        with tenant_schema(self.tenant):
            features, interface = self._forms(self.request.POST)
        # Both are checked, so that every mistake is shown at once.
        if all([features.is_valid(), interface.is_valid()]):
            try:
                return self.saved(
                    lambda: update_chat_settings(
                        self.tenant.pk, features=features.values(), interface=interface.values(), actor=self.actor
                    )
                )
            except DomainError as error:
                show_domain_error(interface if error.field == "interface" else features, error)
        self.say_errors(features if features.errors else interface)
        return self.show(features_form=features, interface_form=interface)

    def _forms(self, data: QueryDict | None) -> tuple[SwitchesForm, SwitchesForm]:
        forms = (
            SwitchesForm(Features, data, initial=get_features()),
            SwitchesForm(Interface, data, initial=get_interface()),
        )
        for form in forms:
            for links in form.link_sets.values():
                for row in links.forms:
                    dressed(row)
        return forms
