"""The form of a SAML provider, shared by the operators' admin and the settings page."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tenants.contract.errors import DomainError, InvalidValueError
from tenants.contract.roles import Role
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.checks import ProviderValues
from tenants.identity.providers.form import ProviderForm
from tenants.identity.saml.certificates import pem_of, split_certificates
from tenants.identity.saml.identity_provider import MAXIMUM_METADATA_BYTES, ProviderMetadata, read_provider_metadata
from tenants.identity.saml.presets import SAML_PRESETS, SamlPreset
from tenants.identity.saml.refreshing import fetch_metadata
from tenants.identity.saml.settings import NameIdFormat
from tenants.identity.saml.setup import settings_of

__all__ = ["SamlForm"]

NAME_ID_FORMATS = {
    NameIdFormat.UNSPECIFIED: "As the provider likes",
    NameIdFormat.PERSISTENT: "A lasting name (persistent)",
    NameIdFormat.EMAIL: "The e-mail address",
}
_OPTIONS = (
    "name_id_format", "email_attribute", "name_attribute", "groups_attribute", "vouches_for_email", "signs_requests",
    "wants_signed_assertion", "allows_unsolicited",
)  # fmt: skip
_USUAL = "Empty for the usual ones."


class SamlForm(ProviderForm):
    """A provider, by the address of its metadata, its metadata, or what stands in them, in this order.

    ``values`` is what ``add_provider`` and ``update_provider`` take; it may ask the provider.
    """

    basic_names = ("label", "id", "metadata_url", "metadata")
    people_names = (
        "creates_members", "email_domains", "vouches_for_email", "requires_verified_email", "email_attribute",
        "name_attribute", "groups_attribute", "role_rules", "default_role",
    )  # fmt: skip
    technical_names = (
        "entity_id", "sso_url", "slo_url", "certificates", "name_id_format", "signs_requests", "wants_signed_assertion",
        "allows_unsolicited", "asks_second_factor",
    )  # fmt: skip
    field_order = (*basic_names, *people_names, *technical_names)

    metadata_url = forms.CharField(
        label="Address of the metadata",
        required=False,
        max_length=1000,
        help_text="Read again every hour, so that the provider can change its certificates.",
    )
    metadata = forms.CharField(
        label="Or the metadata itself",
        required=False,
        max_length=MAXIMUM_METADATA_BYTES,
        widget=forms.Textarea,
        help_text="The XML, where the provider has no address for it.",
    )
    vouches_for_email = forms.BooleanField(
        label="Its e-mail addresses are verified",
        required=False,
        help_text="SAML itself does not say it. Switch it off where people choose their address there themselves.",
    )
    email_attribute = forms.CharField(
        label="Attribute with the e-mail address", required=False, max_length=300, help_text=_USUAL
    )
    name_attribute = forms.CharField(label="Attribute with the name", required=False, max_length=300, help_text=_USUAL)
    groups_attribute = forms.CharField(
        label="Attribute with the groups", required=False, max_length=300, help_text=_USUAL
    )
    entity_id = forms.CharField(
        label="Entity id of the provider",
        required=False,
        max_length=1024,
        help_text="Metadata says it, and the next three.",
    )
    sso_url = forms.CharField(
        label="Where people sign in", required=False, max_length=1000, help_text="By the redirect binding."
    )
    slo_url = forms.CharField(
        label="Where people sign out",
        required=False,
        max_length=1000,
        help_text="Whoever signs out of the settings is signed out there, too.",
    )
    certificates = forms.CharField(
        label="Certificates that sign", required=False, max_length=60_000, widget=forms.Textarea
    )
    name_id_format = forms.ChoiceField(
        label="What people are to be called by", choices=[(kind.value, said) for kind, said in NAME_ID_FORMATS.items()]
    )
    signs_requests = forms.BooleanField(
        label="Sign what is sent there", required=False, help_text="The certificate stands in this service's metadata."
    )
    wants_signed_assertion = forms.BooleanField(
        label="The assertion itself must be signed",
        required=False,
        help_text="Otherwise a signature around the whole answer is enough.",
    )
    allows_unsolicited = forms.BooleanField(
        label="Sign-ins may begin at the provider",
        required=False,
        help_text="From its page of applications. People are then asked whether it is they.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        preset: str,
        provider: IdentityProvider | None = None,
        auto_id: str = "id_%s",
    ) -> None:
        preset_id = preset if preset in SAML_PRESETS else "saml"
        initial = _written(provider) if provider else _suggested(preset_id)
        super().__init__(data, preset_id=preset_id, provider=provider, auto_id=auto_id, initial=initial)
        self.fields["metadata_url"].widget.attrs["placeholder"] = self.preset.metadata_url

    @property
    def preset(self) -> SamlPreset:
        """The well-known provider that this is one of."""
        return SAML_PRESETS[self.preset_id]

    def values(self) -> ProviderValues:
        """Return what was sent, but the id, with what the metadata says.

        Raises ``MetadataInvalidError``, or ``InvalidValueError`` and ``UnavailableError`` where it cannot be fetched.
        """
        sent = self.cleaned_data
        described = self._described()
        settings = {
            **described._asdict(),
            "metadata_url": "" if sent["metadata"].strip() else sent["metadata_url"].strip(),
            **{name: sent[name] for name in _OPTIONS},
        }
        return self.values_with(settings)

    def new_secret(self) -> None:
        """Return no secret: a provider that speaks SAML is known by its key, and so is the tenant."""

    def _described(self) -> ProviderMetadata:
        sent = self.cleaned_data
        if sent["metadata"].strip():
            return read_provider_metadata(sent["metadata"].strip().encode())
        if sent["metadata_url"].strip():
            try:
                return fetch_metadata(sent["metadata_url"].strip())
            except DomainError as error:
                raise InvalidValueError(error.code, error.message, field="metadata_url") from error
        if not (sent["entity_id"] and sent["sso_url"] and sent["certificates"].strip()):
            raise InvalidValueError(
                "saml_metadata_invalid",
                "Give the address of the metadata, or the metadata, or the provider's entity id, address and "
                "certificate under Details.",
                field="metadata_url",
            )
        certificates = tuple(split_certificates(sent["certificates"]))
        return ProviderMetadata(sent["entity_id"], sent["sso_url"], sent["slo_url"], certificates)


def _suggested(preset_id: str) -> dict[str, Any]:
    return {
        "label": "" if preset_id == "saml" else SAML_PRESETS[preset_id].title,
        "id": "company" if preset_id == "saml" else preset_id.removeprefix("saml-"),
        "creates_members": True,
        "vouches_for_email": True,
        "requires_verified_email": True,
        "signs_requests": True,
        "wants_signed_assertion": True,
        "name_id_format": NameIdFormat.UNSPECIFIED.value,
        "default_role": Role.MEMBER.value,
    }


def _written(provider: IdentityProvider) -> dict[str, Any]:
    settings = settings_of(provider)
    return {
        **{name: getattr(settings, name) for name in ("metadata_url", "entity_id", "sso_url", "slo_url", *_OPTIONS)},
        "name_id_format": settings.name_id_format.value,
        "certificates": "".join(pem_of(certificate) for certificate in settings.certificates),
    }
