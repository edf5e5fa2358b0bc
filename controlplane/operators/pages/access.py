"""Who may enter a tenant's chat."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import AccessForm
from tenants.workspace.services.access import get_access, sign_out_everyone, update_access

__all__ = ["AccessPage"]


class AccessPage(TenantPage):
    """The access policy, and the way to end every sign-in at once."""

    tab = "access"
    title = "Access"
    template_name = "operators/tenant_access.html"
    commands: ClassVar = {"access": "save_access", "sign-out": "sign_out_everyone"}

    def read(self) -> dict[str, Any]:
        """Return the form."""
        return {"access_form": AccessForm(initial=get_access())}

    def save_access(self) -> HttpResponse:
        """Choose who may enter."""
        with tenant_schema(self.tenant):
            form = AccessForm(self.request.POST, initial=get_access())
        return self.submit(
            "access_form", form, lambda: update_access(self.tenant.pk, **form.cleaned_data, actor=self.actor)
        )

    def sign_out_everyone(self) -> HttpResponse:
        """End every sign-in to the chat."""
        return self.run(lambda: sign_out_everyone(self.tenant.pk, actor=self.actor))
