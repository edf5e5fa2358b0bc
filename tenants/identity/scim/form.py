"""The form of a new token, for the settings page and the operators' admin alike."""

from django import forms

from tenants.identity.scim.tokens import LIFETIMES

__all__ = ["TokenForm"]


class TokenForm(forms.Form):
    """What a new token is called and how long it works."""

    name = forms.CharField(label="Name", max_length=60, help_text="Where it will be used, such as Microsoft Entra ID.")
    days = forms.TypedChoiceField(
        label="Works for",
        coerce=int,
        choices=[(days, f"{days} days" if days else "No end") for days in LIFETIMES],
        initial=365,
    )
