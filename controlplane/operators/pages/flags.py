"""A tenant's flags, which app code reads by name."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.workspace.flag_rows import definition_of
from tenants.workspace.flag_wording import describe_flag
from tenants.workspace.forms import FlagForm
from tenants.workspace.models import Flag
from tenants.workspace.services.flags import delete_flag, set_flag

__all__ = ["FlagsPage"]


class FlagsPage(TenantPage):
    """The list, a switch for each, and the form of a new one or of the one that ``?edit=`` names."""

    tab = "flags"
    title = "Flags"
    template_name = "operators/tenant_flags.html"
    commands: ClassVar = {"set": "set_flag", "switch": "switch_flag", "delete": "delete_flag"}

    def read(self) -> dict[str, Any]:
        """Return the flags, those with values or rules with what they do, and the form."""
        flags = list(Flag.objects.all())
        words = {flag.name: describe_flag(definition_of(flag)) for flag in flags if flag.definition}
        edited = next((flag for flag in flags if flag.name == self.request.GET.get("edit")), None)
        initial = {"name": edited.name, "description": edited.description, "enabled": edited.enabled} if edited else {}
        listed = [(flag, words.get(flag.name, "")) for flag in flags]
        return {"flags": listed, "edited": edited, "flag_form": FlagForm(initial=initial)}

    def set_flag(self) -> HttpResponse:
        """Create or change a flag."""
        form = FlagForm(self.request.POST)

        def save() -> None:
            values = dict(form.cleaned_data)
            set_flag(self.tenant.pk, values.pop("name"), **values, actor=self.actor)

        return self.submit("flag_form", form, save)

    def switch_flag(self) -> HttpResponse:
        """Turn a flag on or off."""
        name, enabled = self.request.POST.get("name", ""), self.request.POST.get("enabled") == "on"
        return self.run(lambda: set_flag(self.tenant.pk, name, enabled=enabled, actor=self.actor))

    def delete_flag(self) -> HttpResponse:
        """Remove a flag."""
        name = self.request.POST.get("name", "")
        return self.run(lambda: delete_flag(self.tenant.pk, name, actor=self.actor))
