"""Forms over the workspace's services, shared by the operators' admin and the settings page.

Widgets are Django's plain ones; each edge puts its own on them. Forms check what can be said beside a field; the
services check again and have the last word.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict

from tenants.contract.environment import validate_environment_name, validate_environment_value
from tenants.contract.errors import DomainError
from tenants.contract.flags import FlagKind, validate_flag_name
from tenants.contract.roles import Role
from tenants.contract.state import FontFamily, Theme
from tenants.workspace.meanwhile import Collision
from tenants.workspace.models import ROLE_CHOICES, Branding
from tenants.workspace.services.branding import BRANDING_FIELDS
from tenants.workspace.switches import APP_DEFAULT, LinesField, Switch, SwitchesForm, SwitchGroup

__all__ = [
    "BrandingForm", "ColourField", "FlagForm", "LinesField", "MemberForm", "NewFlagForm", "Switch", "SwitchGroup",
    "SwitchesForm", "VariableForm", "show_domain_error",
]  # fmt: skip


def show_domain_error(form: forms.Form, error: DomainError) -> None:
    """Put a service's refusal beside the field it names, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


class ColourField(forms.CharField):
    """``#rgb`` or ``#rrggbb``, or empty for Chainlit's own colour."""

    kind = "colour"

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, required=False, max_length=40)

    def clean(self, value: Any) -> str:
        """Return the colour in lower case; the service completes the short form."""
        cleaned = str(super().clean(value)).lower()
        if cleaned and not re.fullmatch(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", cleaned):
            raise ValidationError(
                f"“{cleaned}” is not a colour; write it as #rrggbb, for example #2563eb.", code="colour_invalid"
            )
        return cleaned


class BrandingForm(forms.Form):
    """Names, theme, colours and font; images are uploads of their own."""

    display_name = forms.CharField(
        label="Display name",
        max_length=80,
        help_text="Shown in the chat, on the sign-in page and in the browser's tab.",
        error_messages={"required": "The chat needs a name of 1 to 80 characters."},
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=300,
        widget=forms.Textarea,
        help_text="Shown where a link to the chat is shared.",
    )
    default_theme = forms.ChoiceField(
        label="Default theme",
        required=False,
        choices=[APP_DEFAULT, *((theme.value, theme.value.capitalize()) for theme in Theme)],
        help_text="What people see until they choose for themselves.",
    )
    font = forms.ChoiceField(
        label="Font",
        required=False,
        choices=[APP_DEFAULT, *((font.value, font.value.capitalize()) for font in FontFamily)],
    )
    light_primary = ColourField(label="Primary (light)")
    light_background = ColourField(label="Background (light)")
    light_accent = ColourField(label="Accent (light)")
    dark_primary = ColourField(label="Primary (dark)")
    dark_background = ColourField(label="Background (dark)")
    dark_accent = ColourField(label="Accent (dark)")

    # The values over which the form is filled in, which it carries along.
    made_of = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Branding) -> None:
        present = model_to_dict(initial, fields=BRANDING_FIELDS)
        super().__init__(data, initial={**present, "made_of": present})

    def clean_made_of(self) -> dict[str, str]:
        """Return the values over which the form was filled in; what is none of them says nothing."""
        sent = self.cleaned_data["made_of"]
        told = sent.items() if isinstance(sent, dict) else ()
        return {name: value for name, value in told if name in BRANDING_FIELDS and isinstance(value, str)}

    def accept(self, collisions: Iterable[Collision]) -> None:
        """Let the form stand over what somebody else saved: sent once more, it replaces that."""
        theirs = {collision.field: collision.theirs for collision in collisions}
        carried = json.dumps(self.cleaned_data["made_of"] | theirs)
        self.data = {**{name: self.data[name] for name in self.data}, "made_of": carried}

    def clean_description(self) -> str:
        """Return one line: where the description is shown, nothing keeps line breaks."""
        return " ".join(self.cleaned_data["description"].split())

    def values(self) -> dict[str, str]:
        """Return what ``update_branding`` takes."""
        return {name: self.cleaned_data[name] for name in BRANDING_FIELDS}


class FlagForm(forms.Form):
    """A flag that app code reads by name."""

    name = forms.CharField(label="Name", max_length=63, help_text="As app code writes it, such as beta_search.")
    description = forms.CharField(label="Description", required=False, max_length=200)
    enabled = forms.BooleanField(label="On", required=False)

    def clean_name(self) -> str:
        """Check the name by the contract's rule."""
        return _checked(validate_flag_name, self.cleaned_data["name"])


class NewFlagForm(FlagForm):
    """A flag that may have values of another kind than on and off."""

    values = forms.ChoiceField(
        label="Values",
        required=False,
        choices=[
            ("", "On or off"),
            (FlagKind.TEXT.value, "Texts"),
            (FlagKind.NUMBER.value, "Numbers"),
            (FlagKind.JSON.value, "JSON"),
        ],
    )

    @property
    def kind(self) -> FlagKind:
        """The kind of flag that was chosen."""
        return FlagKind(self.cleaned_data["values"] or FlagKind.SWITCH)


class VariableForm(forms.Form):
    """An environment variable or a secret for app code."""

    name = forms.CharField(label="Name", max_length=128, help_text="Capital letters, such as OPENAI_API_KEY.")
    value = forms.CharField(label="Value", required=False, strip=False, widget=forms.Textarea)
    is_secret = forms.BooleanField(
        label="Secret", required=False, help_text="Stored encrypted and never shown again.", initial=True
    )

    def clean_name(self) -> str:
        """Check the name by the contract's rule."""
        return _checked(validate_environment_name, self.cleaned_data["name"])

    def clean_value(self) -> str:
        """Check the value by the contract's rule."""
        return _checked(validate_environment_value, self.cleaned_data["value"])


class MemberForm(forms.Form):
    """A person of the tenant."""

    email = forms.EmailField(label="E-mail", error_messages={"invalid": "That is not an e-mail address."})
    name = forms.CharField(label="Name", required=False, max_length=80)
    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, initial=Role.MEMBER)
    is_active = forms.BooleanField(label="May sign in", required=False, initial=True)
    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters. Without one the member is invited by mail to choose it.",
    )


def _checked(validate: Callable[[str], str], value: str) -> str:
    """Run a rule of the contract as a form's rule."""
    try:
        return validate(value)
    except DomainError as error:
        raise ValidationError(error.message, code=error.code) from error
