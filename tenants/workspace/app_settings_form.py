"""The form of an app's settings, made of the app's JSON Schema; what is left empty is the app's own default."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext as _

from tenants.contract.app_settings import MAXIMUM_SETTINGS_BYTES, SettingField, SettingGroup, SettingKind
from tenants.workspace.app_settings_wording import choice_in_words, default_in_words, value_in_words
from tenants.workspace.meanwhile import Collision
from tenants.workspace.services.app_settings import SettingsRefusedError, StoredSettings
from tenants.workspace.switches import LinesField

__all__ = ["AppSettingsForm", "SettingRow"]

MAXIMUM_DEPTH = 30


class StructuredField(forms.JSONField):
    """JSON, of a depth that can be checked."""

    def __init__(self, *, depth: int = MAXIMUM_DEPTH, **options: Any) -> None:
        super().__init__(**options)
        self._depth = depth

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show what was typed as it was typed where it cannot be read."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def to_python(self, value: Any) -> Any:
        """Return the value; what is nested too deeply is refused."""
        try:
            read = super().to_python(value)
        except RecursionError as error:
            raise self._too_deep() from error
        level = [read]
        for _level in range(self._depth):
            level = [inner for entry in level for inner in _within(entry)]
            if not level:
                return read
        raise self._too_deep()

    @staticmethod
    def _too_deep() -> ValidationError:
        return ValidationError(_("This is nested too deeply."), code="too_deep")


@dataclass(frozen=True)
class SettingRow:
    """A field as the page draws it: ``is_set`` says of a secret that there is one, which ``removal`` takes away.

    ``fault`` is why what was stored, ``stored``, no longer counts.
    """

    field: SettingField
    control: forms.BoundField
    default: str
    fault: str
    stored: str
    is_set: bool
    removal: forms.BoundField | None


class AppSettingsForm(forms.Form):
    """Fields are named ``setting.`` and their path, beside ``made_of``: the values over which it is filled in."""

    made_of = StructuredField(required=False, widget=forms.HiddenInput, depth=MAXIMUM_DEPTH + 1)

    def __init__(self, data: Mapping[str, Any] | None = None, *, stored: StoredSettings) -> None:
        super().__init__(data, initial={"made_of": stored.values})
        self._stored = stored
        for path, field in stored.schema.fields.items():
            name = _name(path)
            self.fields[name] = _form_field(field)
            if path in stored.values and path not in stored.faults:
                self.initial[name] = _shown(field, stored.values[path])
            if path in stored.secrets:
                self.fields[_removal(path)] = forms.BooleanField(required=False, label=_("Remove it"))

    def groups(self) -> list[tuple[SettingGroup, list[SettingRow]]]:
        """Return the groups with their rows."""
        return [(group, [self._row(field) for field in group.fields]) for group in self._stored.schema.groups]

    def values(self) -> dict[str, Any]:
        """Return what ``update_app_settings`` takes as values."""
        return {path: value for path in self._plain() if not _is_empty(value := self.cleaned_data[_name(path)])}

    def secrets(self) -> dict[str, str | None]:
        """Return the secrets that were typed, and those that are to be removed; nothing typed leaves one as it is."""
        secrets: dict[str, str | None] = {}
        for path in self._stored.schema.fields.keys() - self._plain():
            if value := self.cleaned_data[_name(path)]:
                secrets[path] = value
            elif self.cleaned_data.get(_removal(path)):
                secrets[path] = None
        return secrets

    def clean_made_of(self) -> dict[str, Any]:
        """Return the values over which the form was filled in; what is none of them says nothing."""
        sent = self.cleaned_data["made_of"]
        return sent if isinstance(sent, dict) else {}

    def refuse(self, error: SettingsRefusedError) -> None:
        """Put each fault beside its field."""
        for path, fault in error.faults.items():
            self.add_error(_name(path) if _name(path) in self.fields else None, fault)

    def accept(self, collisions: Iterable[Collision]) -> None:
        """Let the form stand over what somebody else saved: sent once more, it replaces that."""
        theirs = {collision.field: collision.theirs for collision in collisions}
        carried = json.dumps(self.cleaned_data["made_of"] | theirs)
        self.data = {**{name: self.data[name] for name in self.data}, "made_of": carried}

    def label_of(self, path: str) -> str:
        """Return the title of a setting; its path where the app no longer has it."""
        return self._stored.schema.fields[path].title if path in self._stored.schema.fields else path

    def in_words(self, path: str, value: Any) -> str:
        """Return a value of a setting as people read it."""
        field = self._stored.schema.fields.get(path)
        return (value_in_words(field, value) if field else "") or _("App default")

    def _plain(self) -> set[str]:
        fields = self._stored.schema.fields.items()
        return {path for path, field in fields if field.kind is not SettingKind.SECRET}

    def _row(self, field: SettingField) -> SettingRow:
        removal = _removal(field.path)
        fault = self._stored.faults.get(field.path, "") if not self.is_bound else ""
        return SettingRow(
            field,
            self[_name(field.path)],
            default_in_words(field),
            fault,
            value_in_words(field, self._stored.values.get(field.path)),
            field.path in self._stored.secrets,
            self[removal] if removal in self.fields else None,
        )


def _form_field(field: SettingField) -> forms.Field:  # noqa: PLR0911 - a case for each kind
    options: dict[str, Any] = {"label": field.title, "help_text": field.description, "required": False}
    match field.kind:
        case SettingKind.INTEGER:
            return forms.IntegerField(**options, error_messages={"invalid": _("Write a whole number.")})
        case SettingKind.NUMBER:
            return forms.FloatField(**options, error_messages={"invalid": _("Write a number.")})
        case SettingKind.SWITCH:
            choices = [("", default_in_words(field)), ("true", _("On")), ("false", _("Off"))]
            return forms.TypedChoiceField(
                **options, choices=choices, coerce=lambda value: value == "true", empty_value=None
            )
        case SettingKind.CHOICE:
            named = [(json.dumps(choice), choice_in_words(choice)) for choice in field.choices]
            choices = [("", default_in_words(field)), *named]
            return forms.TypedChoiceField(**options, choices=choices, coerce=json.loads, empty_value=None)
        case SettingKind.LINES:
            return LinesField(**options, check=lambda line: None)
        case SettingKind.JSON:
            return StructuredField(**options, error_messages={"invalid": _("This is not valid JSON.")})
        case SettingKind.TEXT | SettingKind.LONG_TEXT | SettingKind.SECRET:
            return forms.CharField(**options, max_length=MAXIMUM_SETTINGS_BYTES)


def _shown(field: SettingField, value: Any) -> Any:
    """Return what the control begins with for a stored value."""
    if field.kind is SettingKind.SWITCH:
        return "true" if value is True else "false"
    return json.dumps(value) if field.kind is SettingKind.CHOICE else value


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _name(path: str) -> str:
    return f"setting.{path}"


def _removal(path: str) -> str:
    return f"remove.{path}"
