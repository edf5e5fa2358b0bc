"""Asking for a new tenant."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controlplane.operators.forms import CreateTenantForm
from controlplane.operators.pages.admin_page import AdminPage
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.registry.services.provisioning import request_provisioning
from tenants.workspace.forms import show_domain_error

__all__ = ["CreateTenantPage"]


class CreateTenantPage(AdminPage):
    """The form of a new tenant; what follows is shown by its provisioning's page."""

    template_name = "operators/create_tenant.html"

    def is_permitted(self, request: HttpRequest) -> bool:
        """Creating needs the add permission on tenants."""
        return bool(self.model_admin.has_add_permission(request))

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self._show(CreateTenantForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store the request for a tenant and go to its progress."""
        form = CreateTenantForm(request.POST)
        if form.is_valid():
            values: dict[str, Any] = form.cleaned_data
            try:
                provisioning = request_provisioning(**values, actor=self.actor)
                return HttpResponseRedirect(reverse("admin:registry_provisioning_change", args=[provisioning.pk]))
            except DomainError as error:
                show_domain_error(form, error)
        self.say_errors(form)
        return self._show(form)

    def _show(self, form: CreateTenantForm) -> HttpResponse:
        return self.page("Create a tenant", form=dressed(form), base_domain=settings.ENVIRONMENT.tenant_base_domain)
