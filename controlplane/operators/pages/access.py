"""Who may enter a tenant's chat."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.pages.directory import DirectoryCommands, read_directory
from controlplane.operators.pages.providers import ProviderCommands
from tenants.contract.errors import DomainError
from tenants.identity.services.signing_out import sign_out_everyone
from tenants.registry.schema import tenant_schema
from tenants.workspace.access.form import AccessForm
from tenants.workspace.forms import show_domain_error
from tenants.workspace.models import AccessPolicy
from tenants.workspace.services.access import get_access, preview_access, update_access
from tenants.workspace.services.history import is_history_kept, update_history

__all__ = ["AccessPage"]


class AccessPage(ProviderCommands, DirectoryCommands):
    """The access policy, who vouches for people, kept conversations, and the way to end every sign-in at once."""

    tab = "access"
    title = "Access"
    template_name = "operators/tenant_access.html"
    commands: ClassVar = {
        "access": "save_access",
        "keep-history": "keep_history",
        "stop-history": "stop_history",
        "sign-out": "sign_out_everyone",
        "issue-scim-token": "issue_scim_token",
        "revoke-scim-token": "revoke_scim_token",
        "tie-group": "tie_group",
        "add-provider": "add_provider",
        "update-provider": "update_provider",
        "remove-provider": "remove_provider",
        "test-provider": "test_provider",
    }

    def read(self) -> dict[str, Any]:
        """Return the form, whether conversations are kept, and what there is of providers and a directory."""
        return {
            "access_form": _form(get_access()),
            "history_kept": is_history_kept(),
            **self.read_providers(),
            **read_directory(),
        }

    def save_access(self) -> HttpResponse:
        """Choose who may enter, or say what that would do."""
        with tenant_schema(self.tenant):
            form = _form(get_access(), self.request.POST)
        if "ask" in self.request.POST:
            return self._preview(form)
        return self.submit(
            "access_form", form, lambda: update_access(self.tenant.pk, **form.values(), actor=self.actor)
        )

    def _preview(self, form: AccessForm) -> HttpResponse:
        preview = None
        if form.is_valid():
            try:
                preview = preview_access(self.tenant.pk, **form.asked(), **form.values(), actor=self.actor)
            except DomainError as error:
                show_domain_error(form, error)
        self.say_errors(form)
        return self.show(access_form=form, preview=preview)

    def keep_history(self) -> HttpResponse:
        """Keep conversations from now on."""
        return self.run(lambda: update_history(self.tenant.pk, enabled=True, actor=self.actor))

    def stop_history(self) -> HttpResponse:
        """Keep no new conversations."""
        return self.run(lambda: update_history(self.tenant.pk, enabled=False, actor=self.actor))

    def sign_out_everyone(self) -> HttpResponse:
        """End every sign-in to the chat."""
        return self.run(lambda: sign_out_everyone(self.tenant.pk, actor=self.actor))


def _form(policy: AccessPolicy, data: Mapping[str, Any] | None = None) -> AccessForm:
    form = AccessForm(data, initial=policy)
    for name in ("ask_email", "ask_address"):
        # They stand in another card, outside of the form.
        form.fields[name].widget.attrs["form"] = "access-form"
    return form
