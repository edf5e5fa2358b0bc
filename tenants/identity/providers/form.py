"""What the forms of providers share to which people are sent, whatever protocol they speak."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django import forms

from tenants.identity.models import IdentityProvider
from tenants.identity.providers.checks import ProviderValues
from tenants.identity.providers.form_fields import domains_field, read_rules, rules_field, written_rules

__all__ = ["ProviderForm"]

_COLUMNS = ("default_role", "creates_members", "requires_verified_email", "asks_second_factor")


class ProviderForm(forms.Form):
    """A provider with a button of its own.

    A protocol adds its fields, and says which belong together on the settings page and in which order all of them stand
    on the operators' (``field_order``). ``preset_id`` is the well-known provider that this is one of.
    """

    basic_names: ClassVar[tuple[str, ...]]
    people_names: ClassVar[tuple[str, ...]]
    technical_names: ClassVar[tuple[str, ...]]

    label = forms.CharField(label="Name", max_length=60, help_text="Its button says “Continue with …”.")
    id = forms.CharField(
        label="Short name", max_length=39, help_text="Part of its addresses and of the audit log; it stays."
    )
    creates_members = forms.BooleanField(
        label="Whoever it vouches for becomes a member",
        required=False,
        help_text="Where the policy lets any member, or anyone at its domains, enter.",
    )
    email_domains = domains_field()
    requires_verified_email = forms.BooleanField(
        label="Refuse people whose address is not verified",
        required=False,
        help_text="An unverified address never leads into an account that is there already.",
    )
    role_rules = rules_field()
    default_role = forms.ChoiceField(label="Role otherwise", choices=IdentityProvider.Role.choices)
    asks_second_factor = forms.BooleanField(
        label="It asks for a second factor itself", required=False, help_text="Then none is asked for here."
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        preset_id: str,
        provider: IdentityProvider | None,
        auto_id: str,
        initial: Mapping[str, Any],
    ) -> None:
        written = _written(provider) if provider is not None else {}
        super().__init__(data, auto_id=auto_id, initial={**written, **initial})
        self.preset_id = preset_id
        self.provider = provider
        if provider is not None:
            del self.fields["id"]

    @property
    def basics(self) -> list[forms.BoundField]:
        """Fields that nobody can leave alone."""
        return self._there(self.basic_names)

    @property
    def people(self) -> list[forms.BoundField]:
        """Fields about who may come and as what."""
        return self._there(self.people_names)

    @property
    def technical(self) -> list[forms.BoundField]:
        """Fields that presets, metadata and the defaults fill in well."""
        return self._there(self.technical_names)

    def values_with(self, settings: Mapping[str, Any]) -> ProviderValues:
        """Return what was sent, but the id and the secret, with settings in the shape of the protocol."""
        sent = self.cleaned_data
        values = {
            "label": sent["label"],
            "preset": self.preset_id,
            "settings": settings,
            "email_domains": sent["email_domains"],
            "role_rules": read_rules(sent.get("role_rules", ())),
            **{name: sent[name] for name in _COLUMNS},
        }
        return cast("ProviderValues", values)

    def _there(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]


def _written(provider: IdentityProvider) -> dict[str, Any]:
    return {
        **{name: getattr(provider, name) for name in ("label", "email_domains", *_COLUMNS)},
        "role_rules": written_rules(provider.role_rules),
    }
