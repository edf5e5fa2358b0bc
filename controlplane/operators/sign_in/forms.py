"""What operators type to sign in."""

from django import forms

__all__ = ["CodeForm", "PasskeyNameForm", "PasswordForm"]


class PasswordForm(forms.Form):
    """The first factor."""

    username = forms.CharField(
        label="Username", max_length=150, widget=forms.TextInput({"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code where one is asked for either."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}),
        error_messages={"required": "Type the code."},
    )


class PasskeyNameForm(forms.Form):
    """What a passkey is called in the list of them."""

    name = forms.CharField(
        label="Name of the passkey",
        max_length=60,
        required=False,
        help_text="Such as “Work laptop”, to know it again.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
