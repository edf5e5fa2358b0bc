"""The form of a flag: its values, its rules, and what everybody else gets. Shared by both sites."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.contract.email_domains import InvalidEmailDomainError, normalise_email_domain
from tenants.contract.flags import MAXIMUM_RULES, MAXIMUM_VARIANTS, Flag, FlagKind, FlagRule, FlagValue, kind_of
from tenants.contract.roles import Role
from tenants.workspace.switches import LinesField

__all__ = ["FIRST_VALUES", "FlagEditor", "RuleForm", "ValueForm"]

FIRST_VALUES: Mapping[FlagKind, FlagValue] = {FlagKind.TEXT: "", FlagKind.NUMBER: 0, FlagKind.JSON: {}}
"""The value with which a new flag of a kind begins."""


def _no_rule_of_its_own(_line: str) -> None:
    """The contract has the last word."""


def _check_domain(line: str) -> None:
    try:
        normalise_email_domain(line)
    except InvalidEmailDomainError as error:
        raise ValidationError(error.message, code=error.code) from error


class ValueForm(forms.Form):
    """A value that a flag can have, under a name."""

    name = forms.RegexField(
        label=gettext_lazy("Name"),
        regex=r"^[a-z0-9][a-z0-9_-]{0,39}\Z",
        max_length=40,
        error_messages={"invalid": gettext_lazy("Write lower-case letters, digits, - and _, such as large.")},
    )
    value = forms.CharField(label=gettext_lazy("Value"), required=False, strip=False, widget=forms.Textarea)

    def __init__(self, *args: Any, kind: FlagKind, **options: Any) -> None:
        self._kind = kind
        super().__init__(*args, **options)

    def clean_value(self) -> FlagValue:
        """Return the value as app code gets it."""
        typed: str = self.cleaned_data["value"]
        if self._kind is FlagKind.TEXT:
            # A browser writes line breaks in its own way.
            return typed.replace("\r\n", "\n")
        try:
            value: FlagValue = json.loads(typed, parse_constant=_refuse_constant)
        except ValueError:
            # No kind has it.
            value = False
        if self._kind is FlagKind.NUMBER and kind_of(value) is not FlagKind.NUMBER:
            raise ValidationError(_("Write a number, such as 3 or 0.5."))
        if self._kind is FlagKind.JSON and kind_of(value) is not FlagKind.JSON:
            raise ValidationError(_('Write a JSON object or list, such as {"size": 3}.'))
        return value


class RuleForm(forms.Form):
    """Whom a rule is for, which share of them, and what they get."""

    variant = forms.CharField(label=gettext_lazy("Give"), max_length=40)
    percent = forms.DecimalField(
        label=gettext_lazy("Share, in percent"), min_value=0, max_value=100, decimal_places=2, initial=100
    )
    members = LinesField(
        check=_no_rule_of_its_own,
        required=False,
        label=gettext_lazy("Members"),
        help_text=gettext_lazy("E-mail addresses, one a line."),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), required=False, choices=[(role.value, role.label) for role in Role]
    )
    email_domains = LinesField(
        check=_check_domain,
        required=False,
        label=gettext_lazy("E-mail domains"),
        help_text=gettext_lazy("Such as acme.example, one a line."),
    )
    groups = LinesField(
        check=_no_rule_of_its_own,
        required=False,
        label=gettext_lazy("Groups"),
        help_text=gettext_lazy("Of the directory, by name, one a line."),
    )
    locales = LinesField(
        check=RegexValidator(
            r"^[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*\Z", gettext_lazy("Write a language code, such as en or de-DE.")
        ),
        required=False,
        label=gettext_lazy("Languages"),
        help_text=gettext_lazy("Such as de or de-AT, one a line."),
    )

    def rule(self) -> dict[str, Any]:
        """Return the contract's fields; those that name nobody are left out."""
        said = self.cleaned_data
        lists = {
            "members": [line.lower() for line in said["members"]],
            "roles": said["roles"],
            "email_domains": [normalise_email_domain(line) for line in said["email_domains"]],
            "groups": [line.lower() for line in said["groups"]],
            "locales": [line.lower().replace("_", "-") for line in said["locales"]],
        }
        return {
            "variant": said["variant"],
            "percent": float(said["percent"]),
            **{name: list(dict.fromkeys(lines)) for name, lines in lists.items() if lines},
        }


class FlagEditor:
    """All forms of one flag's page; ``data`` is what was posted, or None."""

    def __init__(self, flag: Flag, *, description: str, data: Mapping[str, Any] | None = None) -> None:
        self.kind = flag.kind
        self.is_switch = flag.kind is FlagKind.SWITCH
        self.variants = sorted(flag.values, reverse=self.is_switch)
        self._flag = flag
        self.form = _FlagPageForm(data, initial={"description": description, "default": flag.default})
        rules = forms.formset_factory(
            RuleForm, extra=0, can_delete=True, can_order=True, max_num=MAXIMUM_RULES, absolute_max=MAXIMUM_RULES + 50
        )
        self.rules = rules(data, prefix="rules", initial=[_initial(rule) for rule in flag.rules])
        values = forms.formset_factory(
            ValueForm, extra=0, can_delete=True, max_num=MAXIMUM_VARIANTS, absolute_max=MAXIMUM_VARIANTS + 20
        )
        written = [{"name": name, "value": _written(value)} for name, value in sorted(flag.variants.items())]
        self.values: BaseFormSet[ValueForm] | None = None
        if not self.is_switch:
            self.values = values(data, prefix="values", initial=written, form_kwargs={"kind": flag.kind})

    def is_valid(self) -> bool:
        """Check everything, so that every mistake is shown at once."""
        if not all([self.form.is_valid(), *(rows.is_valid() for rows in self._sets)]):
            return False
        self._check_variants()
        return not self.faults

    @property
    def faults(self) -> int:
        """How many fields are at fault."""
        return len(self.form.errors) + sum(len(form.errors) for rows in self._sets for form in rows.forms)

    @property
    def _sets(self) -> "list[BaseFormSet[Any]]":
        return [self.rules] if self.values is None else [self.rules, self.values]

    def definition(self) -> dict[str, Any]:
        """Return the contract's fields of what was typed; the flag stays on or off as it was."""
        definition: dict[str, Any] = {
            "default": self.form.cleaned_data["default"],
            "enabled": self._flag.enabled,
            "rules": [form.rule() for form in self.rules.ordered_forms],
        }
        if self.values is not None:
            definition["variants"] = self._typed_values()
        return definition

    def _typed_values(self) -> dict[str, FlagValue]:
        if self.values is None:
            return dict(self._flag.values)
        kept = [form.cleaned_data for form in self.values.forms if form not in self.values.deleted_forms]
        return {said["name"]: said["value"] for said in kept if "name" in said and "value" in said}

    def _check_variants(self) -> None:
        """Say beside its field which value there is not."""
        known = self._typed_values()
        named = [(self.form, "default"), *((form, "variant") for form in self.rules.forms)]
        for form, field in named:
            name = form.cleaned_data.get(field)
            if name and name not in known and form not in self.rules.deleted_forms:
                form.add_error(field, _("There is no value “%(name)s”.") % {"name": name})


class _FlagPageForm(forms.Form):
    description = forms.CharField(label=gettext_lazy("Description"), required=False, max_length=200)
    default = forms.CharField(label=gettext_lazy("Everybody else gets"), max_length=40)
    made_of = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


def _initial(rule: FlagRule) -> dict[str, Any]:
    return {
        "variant": rule.variant,
        "percent": f"{rule.percent:g}",
        "members": list(rule.members),
        "roles": [role.value for role in rule.roles],
        "email_domains": list(rule.email_domains),
        "groups": list(rule.groups),
        "locales": list(rule.locales),
    }


def _written(value: FlagValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
