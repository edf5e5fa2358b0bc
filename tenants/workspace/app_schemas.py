"""What can be set of an app, and whether values fit: by its JSON Schema (2020-12), without the app.

Only what the schema itself refers to is followed: nothing is fetched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from tenants.contract.app_settings import SettingField, SettingGroup, assemble, fields_of, read_schema
from tenants.registry.models import AppSchema

__all__ = ["SettingsSchema", "find_schema", "has_schema"]


def has_schema(app: str) -> bool:
    """Say whether an app has settings."""
    return AppSchema.objects.filter(app=app).exists()


def find_schema(app: str) -> "SettingsSchema | None":
    """Return the settings of an app, or None where it has none."""
    row = AppSchema.objects.filter(app=app).first()
    return SettingsSchema(row.schema) if row else None


@dataclass(frozen=True)
class SettingsSchema:
    """An app's JSON Schema, as the runtime that loaded the app has told it."""

    schema: Mapping[str, Any]

    @cached_property
    def groups(self) -> list[SettingGroup]:
        """The fields in the order in which the app has them."""
        return read_schema(self.schema)

    @cached_property
    def fields(self) -> dict[str, SettingField]:
        """The fields by path."""
        return fields_of(self.groups)

    def faults(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong, by path, in words that never repeat a value; values that are no fields are left out."""
        validator = Draft202012Validator(
            self.schema, registry=Registry(), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        faults: dict[str, str] = {}
        for error in validator.iter_errors(assemble(self.groups, values)):
            faults.setdefault(self._path(error), _sentence(_innermost(error)))
        return faults

    def _path(self, error: ValidationError) -> str:
        """Return the path of the field that an error is in, empty where it is in none."""
        parts = [str(part) for part in error.absolute_path]
        for length in (2, 1):
            if (path := ".".join(parts[:length])) in self.fields:
                return path
        # Something of a model within the app's: the first of its fields stands for it.
        inner = (path for path in self.fields if parts and path.startswith(f"{parts[0]}."))
        return next(inner, "")


def _innermost(error: ValidationError) -> ValidationError:
    """Return what is wrong with the one thing that a value may be, null aside."""
    context: Iterable[ValidationError] = error.context or ()
    real = [inner for inner in context if not (inner.validator == "type" and inner.validator_value == "null")]
    return _innermost(real[0]) if real else error


def _sentence(error: ValidationError) -> str:
    limit = error.validator_value
    if error.validator in COUNTED:
        sentence = ngettext(*COUNTED[error.validator], limit)
    else:
        sentence = _(SENTENCES.get(error.validator, "This does not fit."))
    return sentence % {"limit": limit} if "%" in sentence else sentence


SENTENCES = {
    "minimum": noop("At least %(limit)s."),
    "maximum": noop("At most %(limit)s."),
    "exclusiveMinimum": noop("More than %(limit)s."),
    "exclusiveMaximum": noop("Less than %(limit)s."),
    "multipleOf": noop("A multiple of %(limit)s."),
    "uniqueItems": noop("No entry may be there twice."),
    "pattern": noop("This is not written as the app expects it."),
    "format": noop("This is no %(limit)s."),
    "enum": noop("This is none of the choices."),
    "const": noop("This is none of the choices."),
    "type": noop("This is not of the kind that the app expects."),
    "required": noop("A part is missing."),
    "additionalProperties": noop("There is a part that the app does not know."),
}
"""What is told by the keyword of the schema that refuses."""

COUNTED = {
    "minLength": ("At least %(limit)s character.", "At least %(limit)s characters."),
    "maxLength": ("At most %(limit)s character.", "At most %(limit)s characters."),
    "minItems": ("At least %(limit)s entry.", "At least %(limit)s entries."),
    "maxItems": ("At most %(limit)s entry.", "At most %(limit)s entries."),
}
