"""A tenant's directory: its SCIM tokens and groups, among the commands of the tab Access."""

from typing import Any

from django.db.models import Count
from django.http import HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.contract.errors import DomainError
from tenants.identity.scim.form import TokenForm
from tenants.identity.scim.models import ScimGroup, ScimToken
from tenants.identity.scim.roles import GROUP_ROLES, set_group_role
from tenants.identity.scim.tokens import issue_token, revoke_token
from tenants.workspace.forms import show_domain_error

__all__ = ["DirectoryCommands", "read_directory"]


def read_directory() -> dict[str, Any]:
    """Return the bound tenant's tokens and groups, and the form of a new token."""
    return {
        "scim_tokens": list(ScimToken.objects.all()),
        "scim_groups": list(ScimGroup.objects.annotate(size=Count("members")).order_by("display_name")),
        "group_roles": [(role.value, role.label) for role in GROUP_ROLES],
        "token_form": TokenForm(auto_id="token_%s"),
    }


class DirectoryCommands(TenantPage):
    """What operators do about a directory, for the page that shows it."""

    def issue_scim_token(self) -> HttpResponse:
        """Make a token and show it, this once."""
        form = TokenForm(self.request.POST, auto_id="token_%s")
        if form.is_valid():
            try:
                _, text = issue_token(self.tenant.pk, **form.cleaned_data, actor=self.actor)
            except DomainError as error:
                show_domain_error(form, error)
            else:
                # Not after a redirect, as elsewhere: what is to be shown once must be kept nowhere until then.
                return self.show(made_token=text)
        self.say_errors(form)
        return self.show(token_form=form)

    def revoke_scim_token(self) -> HttpResponse:
        """Revoke a token."""
        token = self.request.POST.get("token", "")
        return self.run(
            lambda: revoke_token(self.tenant.pk, token, actor=self.actor),
            done="The token is revoked. Whoever still uses it is refused.",
        )

    def tie_group(self) -> HttpResponse:
        """Say what a group makes of the people in it."""
        group, role = self.request.POST.get("group", ""), self.request.POST.get("role", "")
        return self.run(
            lambda: set_group_role(self.tenant.pk, group, role=role, actor=self.actor),
            done="The group's role is saved.",
        )
