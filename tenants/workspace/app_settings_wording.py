"""An app's settings in words: a value as people read it, and what is set of each field."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from msgspec import UNSET

from tenants.contract.app_settings import SettingField, SettingGroup, SettingKind
from tenants.workspace.services.app_settings import StoredSettings

__all__ = ["SettingLine", "setting_lines", "value_in_words"]


@dataclass(frozen=True)
class SettingLine:
    """A field and what is set of it: ``value`` is empty where the app's default counts, ``fault`` says why it does."""

    field: SettingField
    group: SettingGroup
    value: str
    default: str
    fault: str


def setting_lines(stored: StoredSettings) -> Iterator[SettingLine]:
    """Return a line for each field, in the order in which the app has them; secrets are named and never shown."""
    for group in stored.schema.groups:
        for field in group.fields:
            value = ""
            if field.path in stored.secrets:
                value = _("secret, set")
            elif field.path in stored.values:
                value = value_in_words(field, stored.values[field.path])
            yield SettingLine(field, group, value, default_in_words(field), stored.faults.get(field.path, ""))


def value_in_words(field: SettingField, value: Any) -> str:
    """Return a value as it is shown; nothing for what is not set."""
    if value is None or value is UNSET:
        return ""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if field.kind is SettingKind.CHOICE:
        return choice_in_words(value)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ", ".join(value) or _("empty")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def choice_in_words(value: Any) -> str:
    """Return one of several values as a label."""
    return value.replace("_", " ").capitalize() if isinstance(value, str) and value.islower() else str(value)


def default_in_words(field: SettingField) -> str:
    """Return “App default”, with the default where it is told and short."""
    words = value_in_words(field, field.default)
    return _("App default: %(default)s") % {"default": words} if words else _("App default")
