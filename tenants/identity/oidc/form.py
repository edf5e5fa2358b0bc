"""The form of an OpenID Connect provider, shared by the operators' admin and the settings page."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tenants.contract.roles import Role
from tenants.identity.addresses import shared_callback_address
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.presets import PRESETS, Preset
from tenants.identity.oidc.settings import OidcSettings, Protocol, TokenAuthentication, settings_of
from tenants.identity.providers.checks import ProviderValues
from tenants.identity.providers.form import ProviderForm

__all__ = ["OidcForm"]

KEPT = "Stored. Write another one to replace it."
AUTHENTICATION = {
    TokenAuthentication.BASIC: "In a header (client_secret_basic)",
    TokenAuthentication.POST: "In the form (client_secret_post)",
    TokenAuthentication.NONE: "Without a secret: a public client",
}
_OPTIONS = ("groups_claim", "trusts_email", "signs_out", "shared_callback")


class OidcForm(ProviderForm):
    """A provider. ``values`` is what ``add_provider`` and ``update_provider`` take; the secret is never shown."""

    basic_names = ("label", "id", "issuer", "client_id", "secret")
    people_names = (
        "creates_members", "email_domains", "trusts_email", "requires_verified_email", "groups_claim", "role_rules",
        "default_role",
    )  # fmt: skip
    technical_names = ("scopes", "token_authentication", "asks_second_factor", "signs_out", "shared_callback")
    field_order = (
        *basic_names, "token_authentication", "scopes", *people_names, "asks_second_factor", "signs_out",
        "shared_callback",
    )  # fmt: skip

    issuer = forms.CharField(label="Issuer", max_length=500)
    client_id = forms.CharField(label="Client ID", max_length=255)
    secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted and never shown again.",
    )
    token_authentication = forms.ChoiceField(
        label="How the secret is sent", choices=[(way.value, said) for way, said in AUTHENTICATION.items()]
    )
    scopes = forms.CharField(label="Scopes", max_length=500, help_text="Separated by spaces.")
    trusts_email = forms.BooleanField(
        label="Addresses at these domains are verified",
        required=False,
        help_text="For providers that do not say so themselves, but give out the addresses.",
    )
    groups_claim = forms.CharField(
        label="Claim with the groups",
        required=False,
        max_length=200,
        help_text="Such as groups, or realm_access.roles. Empty for none.",
    )
    signs_out = forms.BooleanField(
        label="Signing out signs out there, too",
        required=False,
        help_text="The address of the settings' sign-in must be registered there as a post-logout redirect URI.",
    )
    shared_callback = forms.BooleanField(
        label="Come back by the platform's callback", required=False, help_text="One address for all of your domains."
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        preset: str,
        provider: IdentityProvider | None = None,
        auto_id: str = "id_%s",
    ) -> None:
        preset_id = preset if preset in PRESETS else "other"
        initial = _written(provider) if provider else _suggested(preset_id)
        super().__init__(data, preset_id=preset_id, provider=provider, auto_id=auto_id, initial=initial)
        if self.preset.issuer_help:
            self.fields["issuer"].help_text = self.preset.issuer_help
        if not self.preset.is_fixed:
            self.fields["issuer"].widget.attrs["placeholder"] = self.preset.issuer
        if provider is not None and provider.secret:
            self.fields["secret"].help_text = KEPT
        if self.preset.protocol is Protocol.GITHUB:
            for name in ("issuer", "token_authentication", "groups_claim", "role_rules", "trusts_email", "signs_out"):
                del self.fields[name]
        elif self.preset.is_fixed:
            del self.fields["issuer"]
        if not shared_callback_address():
            del self.fields["shared_callback"]

    @property
    def preset(self) -> Preset:
        """The well-known provider that this is one of."""
        return PRESETS[self.preset_id]

    def values(self) -> ProviderValues:
        """Return what was sent, but the id and the secret."""
        sent = self.cleaned_data
        settings = {
            "issuer": sent.get("issuer") or self.preset.issuer,
            "client_id": sent["client_id"],
            "protocol": self.preset.protocol.value,
            "token_authentication": sent.get("token_authentication") or self.preset.token_authentication.value,
            "scopes": sent["scopes"].split(),
            **{name: sent[name] for name in _OPTIONS if name in sent},
        }
        return self.values_with(settings)

    def new_secret(self) -> str | None:
        """Return the secret that was written, or None where the present one stays."""
        return self.cleaned_data["secret"] or None


def _suggested(preset_id: str) -> dict[str, Any]:
    preset = PRESETS[preset_id]
    return {
        "label": "" if preset_id == "other" else preset.title,
        "id": "company" if preset_id == "other" else preset_id,
        "scopes": " ".join(preset.scopes),
        "token_authentication": preset.token_authentication.value,
        "groups_claim": preset.groups_claim,
        "creates_members": True,
        "requires_verified_email": True,
        "trusts_email": False,
        "default_role": Role.MEMBER.value,
    }


def _written(provider: IdentityProvider) -> dict[str, Any]:
    settings: OidcSettings = settings_of(provider)
    return {
        **{name: getattr(settings, name) for name in ("issuer", "client_id", *_OPTIONS)},
        "scopes": " ".join(settings.scopes),
        "token_authentication": settings.token_authentication.value,
    }
