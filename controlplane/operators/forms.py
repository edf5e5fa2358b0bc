"""Forms that operators alone use; those shared with the tenants' settings page are ``tenants.workspace.forms``."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants.assets.models import ROLE_LABELS
from tenants.contract.errors import DomainError
from tenants.contract.hosts import normalise_host
from tenants.registry.apps_directory import available_apps
from tenants.registry.models import Tenant
from tenants.registry.services.platform_visits import LENGTHS, LONGEST_REASON

__all__ = [
    "AddFileForm",
    "CreateTenantForm",
    "DomainForm",
    "IdentityForm",
    "MemberPasswordForm",
    "PlanForm",
    "QuotaForm",
    "RefusalForm",
    "StatusForm",
    "VisitForm",
]


def _app_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in available_apps()]


class IdentityForm(forms.Form):
    """What the operator owns of a tenant."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="How operators call the tenant; people in the chat see the display name of its branding.",
    )
    app = forms.ChoiceField(label="App", help_text="The Chainlit project folder that serves this tenant.")
    plan = forms.CharField(label="Plan", max_length=40, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, tenant: Tenant) -> None:
        super().__init__(data, initial={"name": tenant.name, "app": tenant.app, "plan": tenant.plan})
        choices = _app_choices()
        if tenant.app not in available_apps():
            # Kept, so that saving another field does not move the tenant to some other app.
            choices.append((tenant.app, f"{tenant.app} (not installed)"))
        self.fields["app"] = forms.ChoiceField(
            label="App", choices=choices, help_text="The Chainlit project folder that serves this tenant."
        )


class DomainField(forms.CharField):
    """A host name in any form that people type; its value is the normalised one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, widget=forms.TextInput(attrs={"placeholder": "chat.example.com"}), **options)

    def clean(self, value: Any) -> str:
        """Return the normalised name, or the contract's own words of what is wrong with it."""
        cleaned = str(super().clean(value))
        try:
            return normalise_host(cleaned) if cleaned else ""
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error


class DomainForm(forms.Form):
    """A further domain of a tenant."""

    domain = DomainField(label="Domain")


class PlanForm(forms.Form):
    """Which plan to look at; one that no tenant is on yet may be named too."""

    plan = forms.CharField(
        label="Plan",
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "Another plan", "aria-label": "Another plan"}),
    )


class StatusForm(forms.Form):
    """The note that history keeps with a suspension or its end."""

    note = forms.CharField(
        label="Note",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Optional: why"}),
        help_text="Kept in the history and the audit log.",
    )


class AddFileForm(forms.Form):
    """For which place a file is, chosen before the file itself."""

    role = forms.ChoiceField(label="Place", choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    name = forms.CharField(
        label="Name",
        max_length=200,
        required=False,
        help_text="An avatar's author, a font's face (regular, italic, bold, bold_italic), or the path of a public "
        "file. Empty for all others.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}),
    )


class RefusalForm(forms.Form):
    """Why a file that waits is not let in."""

    reason = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="The uploader reads it.",
        error_messages={"required": "Tell the uploader why."},
        widget=forms.TextInput(attrs={"placeholder": "What should be changed"}),
    )


class QuotaForm(forms.Form):
    """How much a tenant may store."""

    megabytes = forms.IntegerField(
        label="Quota in MB",
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="Empty for the platform's own. What is stored already stays.",
    )


class MemberPasswordForm(forms.Form):
    """A new password for a member."""

    password = forms.CharField(
        label="New password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters. Hand it over on a safe way; it is not shown again.",
    )


class CreateTenantForm(forms.Form):
    """The request for a new tenant."""

    name = forms.CharField(
        label="Name", max_length=80, widget=forms.TextInput(attrs={"autofocus": True, "placeholder": "Acme Rockets"})
    )
    slug = forms.CharField(
        label="Short name",
        max_length=39,
        help_text="Names the schema and the first domain, and stays for good.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    app = forms.ChoiceField(label="App", choices=_app_choices, help_text="The Chainlit project folder that serves it.")
    plan = forms.CharField(label="Plan", max_length=40, required=False)
    domain = DomainField(
        label="Own domain",
        required=False,
        help_text="Only if the tenant is not to use the domain below the platform's; it counts as verified.",
    )
    owner_email = forms.EmailField(label="Owner's e-mail", error_messages={"invalid": "That is not an e-mail address."})
    owner_password = forms.CharField(
        label="Owner's password",
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters. Without one the owner cannot sign in until you set it under Members.",
    )
    publish_on_save = forms.ChoiceField(
        label=_("Changes go live"),
        required=False,
        choices=[("true", _("As soon as they are saved")), ("false", _("When somebody publishes them"))],
        help_text=_("The tenant's owners can change this."),
    )

    def clean_publish_on_save(self) -> bool:
        """Return the choice; without one, what is saved is live."""
        choice: str = self.cleaned_data["publish_on_save"]
        return choice != "false"

    def clean_owner_password(self) -> str:
        """Hold the owner's password to the rules of every member's."""
        password: str = self.cleaned_data["owner_password"]
        if password:
            validate_password(password)
        return password


class VisitForm(forms.Form):
    """Why an operator looks at a tenant as its owners do, and for how long."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"placeholder": "Ticket 4711: the logo is not shown", "autocomplete": "off"}),
        error_messages={"required": "Say why. The tenant's owners read it."},
    )
    minutes = forms.ChoiceField(
        label="For", choices=[(minutes, f"{minutes} minutes") for minutes in LENGTHS], initial=LENGTHS[0]
    )
