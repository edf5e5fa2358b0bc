"""The form of an access policy, shared by the operators' admin and the settings page."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from django import forms
from django.core.exceptions import ValidationError

from tenants.contract.access import Entry, SignInKind
from tenants.contract.email_domains import normalise_email_domain
from tenants.contract.errors import DomainError
from tenants.contract.networks import normalise_address, normalise_network
from tenants.contract.origins import normalise_origin
from tenants.workspace.access.abilities import abilities, known_methods
from tenants.workspace.access.checks import AccessChanges
from tenants.workspace.access.wording import ENTRIES, MODES, SECOND_FACTORS, SIGN_UPS
from tenants.workspace.models import AccessPolicy
from tenants.workspace.switches import LinesField

__all__ = ["AccessForm", "MethodRow"]

UNITS = {"minutes": 60, "hours": 3600, "days": 24 * 3600}
ROLES = {"owner": "Owners", "admin": "Admins", "member": "Members"}


class MethodRow(NamedTuple):
    """A way to sign in as the form lists it."""

    id: str
    title: str
    kind: str
    chosen: bool


_KINDS = {
    SignInKind.PASSWORD: "With the e-mail address",
    SignInKind.OIDC: "OpenID Connect",
    SignInKind.SAML: "SAML 2.0",
    SignInKind.HEADER: "By a proxy before this site",
}


def _check(normalise: Callable[[str], str]) -> Callable[[str], None]:
    def check(line: str) -> None:
        try:
            normalise(line)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error

    return check


class DurationWidget(forms.MultiWidget):
    """A number and its unit."""

    def __init__(self) -> None:
        number = forms.NumberInput({"min": 1, "step": 1, "inputmode": "numeric"})
        super().__init__([number, forms.Select({"aria-label": "Unit"}, [(unit, unit) for unit in UNITS])])

    def decompress(self, value: Any) -> list[Any]:
        """Return a time in the largest unit that fits it; what lies between minutes is rounded up to the next one."""
        if not value:
            return [None, "minutes"]
        unit = next((unit for unit in reversed(UNITS) if value % UNITS[unit] == 0), "minutes")
        return [-(-value // UNITS[unit]), unit]


class DurationField(forms.MultiValueField):
    """A time as a number and a unit, in seconds; 0 for none."""

    widget = DurationWidget

    def __init__(self, **options: Any) -> None:
        invalid = {"invalid": "Write a whole number.", "incomplete": "Write a whole number."}
        number = forms.IntegerField(min_value=1, max_value=100_000, required=False, error_messages=invalid)
        unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS], required=False)
        super().__init__((number, unit), require_all_fields=False, error_messages=invalid, **options)

    def compress(self, data_list: Any) -> int:
        """Return the seconds."""
        number, unit = data_list or (None, None)
        return (number or 0) * UNITS.get(str(unit), 60)


class MethodsField(forms.MultipleChoiceField):
    """Chosen ways to sign in, in the order they were sent; an empty one says that the question was asked."""

    def to_python(self, value: Any) -> list[str]:
        """Return the ids."""
        return [method for method in super().to_python(value) if method]


class AccessForm(forms.Form):
    """Who may enter, by which ways, for how long and from where.

    Made within the tenant's schema, whose ways to sign in it offers. ``values`` is what ``update_access`` takes;
    ``asked`` what ``preview_access`` takes beside it. What is not sent stays as it is: a page sends every field.
    """

    mode = forms.ChoiceField(
        label="Who may enter the chat", choices=[(mode.value, said) for mode, said in MODES.items()]
    )
    entry = forms.ChoiceField(label="Which members", choices=[(entry.value, said) for entry, said in ENTRIES.items()])
    email_domains = LinesField(
        check=_check(normalise_email_domain),
        label="E-mail domains",
        required=False,
        help_text="One a line, such as acme.example. Names below a domain are not meant.",
    )
    methods = MethodsField(
        label="Ways to sign in",
        help_text="In the order in which they are offered.",
        error_messages={"required": "Choose at least one way to sign in."},
    )
    sign_up = forms.ChoiceField(label="Becoming a member")
    session_seconds = DurationField(label="A sign-in lasts", help_text="Then everyone signs in again, at the latest.")
    idle_seconds = DurationField(
        label="Sign out without use", required=False, help_text="After this long without use. Empty for never."
    )
    networks = LinesField(
        check=_check(normalise_network),
        label="Networks",
        required=False,
        help_text="One a line: an address such as 203.0.113.7, or a range such as 203.0.113.0/24. Empty for anywhere.",
    )
    owner_second_factor = forms.ChoiceField(label="Owners")
    admin_second_factor = forms.ChoiceField(label="Admins")
    member_second_factor = forms.ChoiceField(label="Members")
    allowed_origins = LinesField(
        check=_check(normalise_origin),
        label="Other web sites",
        required=False,
        help_text="One a line, such as https://shop.example. They may show the chat in a frame and carry its widget.",
    )
    ask_email = forms.EmailField(
        label="E-mail", required=False, error_messages={"invalid": "That is not an e-mail address."}
    )
    ask_address = forms.CharField(label="Coming from", required=False, max_length=45)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: AccessPolicy) -> None:
        lists = ("allowed_origins", "email_domains", "networks", "methods")
        plain = ("mode", "entry", "sign_up", "session_seconds", "idle_seconds")
        roles = (f"{role}_second_factor" for role in ROLES)
        super().__init__(data, initial={name: getattr(initial, name) for name in (*lists, *plain, *roles)})
        self._left_out = {name for name in self.fields if data is not None and not _is_sent(name, data)}
        for name in self._left_out:
            # Shown as it is, should the rest be refused.
            self.fields[name].required, self.fields[name].disabled = False, True
        self._known = known_methods()
        self._choices("methods", {method: method for method in self._known})
        self._choices("sign_up", {way: said for way, said in SIGN_UPS.items() if way in abilities().sign_up})
        for role in ROLES:
            self._choices(f"{role}_second_factor", SECOND_FACTORS)
        if not self.has_providers and initial.entry != Entry.INVITED:
            # Nobody becomes a member by signing in, so it would say the same as "every member".
            self._choices("entry", {entry: said for entry, said in ENTRIES.items() if entry is not Entry.INVITED})
        if not self.has_sign_up:
            del self.fields["sign_up"]
        if not self.has_second_factor:
            for role in ROLES:
                del self.fields[f"{role}_second_factor"]

    @property
    def has_providers(self) -> bool:
        """Whether there is more than one way to sign in to choose from."""
        return len(self._known) > 1

    @property
    def has_sign_up(self) -> bool:
        """Whether people can become members by themselves."""
        return len(abilities().sign_up) > 1

    @property
    def has_second_factor(self) -> bool:
        """Whether there is a second factor that people can set up."""
        return abilities().has_second_factor is not None

    @property
    def second_factors(self) -> list[forms.BoundField]:
        """The rule for each role."""
        return [self[f"{role}_second_factor"] for role in ROLES] if self.has_second_factor else []

    @property
    def method_rows(self) -> list[MethodRow]:
        """The ways to sign in: those that are chosen, in their order, then the others."""
        chosen = [method for method in self["methods"].value() or () if method in self._known]
        rows = []
        for method in dict.fromkeys((*chosen, *self._known)):
            known = self._known[method]
            title = "Password" if known.kind is SignInKind.PASSWORD else known.label or known.id
            rows.append(MethodRow(method, title, _KINDS[known.kind], method in chosen))
        return rows

    def clean_ask_address(self) -> str:
        """Return the address in its one spelling."""
        typed = self.cleaned_data["ask_address"].strip()
        if typed and not normalise_address(typed):
            raise ValidationError("That is not an address, such as 203.0.113.7.", code="address_invalid")
        return normalise_address(typed)

    def values(self) -> AccessChanges:
        """Return what was sent of the policy."""
        policy = AccessChanges.__annotations__.keys() - self._left_out
        return cast("AccessChanges", {name: value for name, value in self.cleaned_data.items() if name in policy})

    def asked(self) -> dict[str, str]:
        """Return about whom the form asks, and from where they would come."""
        return {"email": self.cleaned_data["ask_email"], "from_address": self.cleaned_data["ask_address"]}

    def _choices(self, field: str, choices: Mapping[Any, str]) -> None:
        self.fields[field].choices = [(str(value), said) for value, said in choices.items()]  # type: ignore[attr-defined]  # a field of choices


def _is_sent(name: str, data: Mapping[str, Any]) -> bool:
    return name in data or f"{name}_0" in data
