"""The form of a proxy that names people, shared by the operators' admin and the settings page."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tenants.identity.models import IdentityProvider
from tenants.identity.providers.checks import ProviderValues
from tenants.identity.providers.form_fields import domains_field, read_rules, rules_field, written_rules
from tenants.identity.proxies.settings import FIELDS

__all__ = ["ProxyForm"]

COLUMNS = ("label", "email_domains", "default_role", "creates_members", "asks_second_factor")


class ProxyForm(forms.Form):
    """A proxy. ``values`` is what ``add_provider`` and ``update_provider`` take; secrets are made, never typed."""

    label = forms.CharField(label="Name", max_length=60, help_text="What administrators see.")
    id = forms.CharField(
        label="Short name",
        max_length=39,
        help_text="In the audit log; it stays. Small letters, digits and hyphens.",
        widget=forms.TextInput(attrs={"placeholder": "proxy"}),
    )
    email_header = forms.CharField(
        label="Header with the e-mail address", max_length=60, help_text="People are known by it."
    )
    name_header = forms.CharField(label="Header with the name", max_length=60, required=False)
    groups_header = forms.CharField(
        label="Header with the groups", max_length=60, required=False, help_text="Divided by commas."
    )
    creates_members = forms.BooleanField(
        label="Whoever it names becomes a member",
        required=False,
        help_text="Where the policy lets any member, or anyone at its domains, enter.",
    )
    email_domains = domains_field()
    role_rules = rules_field()
    default_role = forms.ChoiceField(label="Role otherwise", choices=IdentityProvider.Role.choices)
    asks_second_factor = forms.BooleanField(
        label="It asks for a second factor itself", required=False, help_text="Then none is asked for here."
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, provider: IdentityProvider | None = None, **options: Any
    ) -> None:
        super().__init__(data, initial=_written(provider) if provider is not None else _suggested(), **options)
        if provider is not None:
            del self.fields["id"]

    @property
    def headers(self) -> list[forms.BoundField]:
        """Fields about the proxy itself."""
        return [self[name] for name in ("label", "id", *FIELDS) if name in self.fields]

    @property
    def people(self) -> list[forms.BoundField]:
        """Fields about who may come and as what."""
        names = ("creates_members", "email_domains", "role_rules", "default_role", "asks_second_factor")
        return [self[name] for name in names]

    def values(self) -> ProviderValues:
        """Return what the services take."""
        cleaned = self.cleaned_data
        return ProviderValues(
            label=cleaned["label"],
            email_domains=cleaned["email_domains"],
            default_role=cleaned["default_role"],
            creates_members=cleaned["creates_members"],
            asks_second_factor=cleaned["asks_second_factor"],
            role_rules=read_rules(cleaned["role_rules"]),
            settings={name: cleaned[name] for name in FIELDS},
        )


def _suggested() -> dict[str, Any]:
    return {
        "email_header": "X-Forwarded-Email",
        "creates_members": True,
        "default_role": IdentityProvider.Role.MEMBER,
    }


def _written(provider: IdentityProvider) -> dict[str, Any]:
    return {
        **{name: getattr(provider, name) for name in COLUMNS},
        "role_rules": written_rules(provider.role_rules),
        # As people write them: “X-Forwarded-Email”.
        **{name: provider.settings.get(name, "").title() for name in FIELDS},
    }
