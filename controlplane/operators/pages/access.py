"""Who may enter a tenant's chat."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.identity.services.signing_out import sign_out_everyone
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import AccessForm
from tenants.workspace.services.access import get_access, update_access
from tenants.workspace.services.history import is_history_kept, update_history

__all__ = ["AccessPage"]


class AccessPage(TenantPage):
    """The access policy, whether conversations are kept, and the way to end every sign-in at once."""

    tab = "access"
    title = "Access"
    template_name = "operators/tenant_access.html"
    commands: ClassVar = {
        "access": "save_access",
        "keep-history": "keep_history",
        "stop-history": "stop_history",
        "sign-out": "sign_out_everyone",
    }

    def read(self) -> dict[str, Any]:
        """Return the form, and whether conversations are kept."""
        return {"access_form": AccessForm(initial=get_access()), "history_kept": is_history_kept()}

    def save_access(self) -> HttpResponse:
        """Choose who may enter."""
        with tenant_schema(self.tenant):
            form = AccessForm(self.request.POST, initial=get_access())
        return self.submit(
            "access_form", form, lambda: update_access(self.tenant.pk, **form.cleaned_data, actor=self.actor)
        )

    def keep_history(self) -> HttpResponse:
        """Keep conversations from now on."""
        return self.run(lambda: update_history(self.tenant.pk, enabled=True, actor=self.actor))

    def stop_history(self) -> HttpResponse:
        """Keep no new conversations."""
        return self.run(lambda: update_history(self.tenant.pk, enabled=False, actor=self.actor))

    def sign_out_everyone(self) -> HttpResponse:
        """End every sign-in to the chat."""
        return self.run(lambda: sign_out_everyone(self.tenant.pk, actor=self.actor))
