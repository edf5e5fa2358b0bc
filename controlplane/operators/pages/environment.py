"""A tenant's environment variables and secrets. A secret is written here and never comes back."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.workspace.forms import VariableForm
from tenants.workspace.models import EnvironmentVariable
from tenants.workspace.services.environment import delete_variable, set_variable

__all__ = ["EnvironmentPage"]


class EnvironmentPage(TenantPage):
    """The list without any secret's value, and the form of a new variable or of the one that ``?edit=`` names."""

    tab = "environment"
    title = "Environment"
    template_name = "operators/tenant_environment.html"
    commands: ClassVar = {"set": "set_variable", "delete": "delete_variable"}

    def read(self) -> dict[str, Any]:
        """Return the variables and the form; what a secret's row holds stays in this method."""
        variables = [
            {
                "name": variable.name,
                "is_secret": variable.is_secret,
                "updated_at": variable.updated_at,
                "value": "" if variable.is_secret else variable.value,
            }
            for variable in EnvironmentVariable.objects.all()
        ]
        edited = next((row for row in variables if row["name"] == self.request.GET.get("edit")), None)
        return {"variables": variables, "edited": edited, "variable_form": VariableForm(initial=edited)}

    def set_variable(self) -> HttpResponse:
        """Set a variable, or give a secret a new value."""
        form = VariableForm(self.request.POST)
        if form.is_valid() and form.cleaned_data["is_secret"] and not form.cleaned_data["value"]:
            form.add_error("value", "A secret needs a value. To take it away, remove it.")
        if self.request.POST.get("is_secret"):
            # The page that shows a mistake is a page like any other: it does not repeat the secret either.
            form.data = {**self.request.POST.dict(), "value": ""}
        return self.submit(
            "variable_form",
            form,
            lambda: set_variable(
                self.tenant.pk,
                form.cleaned_data["name"],
                value=form.cleaned_data["value"],
                is_secret=form.cleaned_data["is_secret"],
                actor=self.actor,
            ),
        )

    def delete_variable(self) -> HttpResponse:
        """Remove a variable."""
        name = self.request.POST.get("name", "")
        return self.run(lambda: delete_variable(self.tenant.pk, name, actor=self.actor))
