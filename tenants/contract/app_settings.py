"""Settings that an app declares and each tenant sets: the app's JSON Schema (2020-12) read as the fields of a form.

A field has a path, its names joined by a dot: ``greeting``, or ``limits.messages`` of a model within the app's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import UNSET, Struct

__all__ = [
    "MAXIMUM_SETTINGS_BYTES", "AppSettings", "SchemaUnusableError", "SettingField", "SettingGroup", "SettingKind",
    "assemble", "fields_of", "keep_order", "read_schema",
]  # fmt: skip

MAXIMUM_SETTINGS_BYTES = 32 * 1024
"""Of all values of a tenant: they are in the document that every runtime process holds."""

LONG_TEXT = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_DEFINITION = "#/$defs/"
_ORDER = "x-order"


class AppSettings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a tenant has set of its app's settings, by path; ``secrets`` are Fernet tokens. The rest is the app's."""

    values: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class SchemaUnusableError(ValueError):
    """No form can be made of a schema; the message is for the app's developer."""


class SettingKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    LINES = "lines"
    """A list of texts."""
    SECRET = "secret"  # noqa: S105 - the kind, not one
    """A text that is sealed and never shown again."""
    JSON = "json"
    """Whatever has no field of its own."""


@dataclass(frozen=True)
class SettingField:
    """A setting: ``schema`` says what fits, ``default`` is the app's own value where the schema tells it."""

    path: str
    kind: SettingKind
    title: str
    description: str
    schema: Mapping[str, Any]
    default: Any = UNSET

    @property
    def choices(self) -> list[Any]:
        """The values of a choice."""
        return list(self.schema["enum"]) if "enum" in self.schema else [self.schema["const"]]


@dataclass(frozen=True)
class SettingGroup:
    """Fields that belong together: those of the app's own model (without a name), or of one within it.

    ``defaults`` is what the app's model holds for a model within it, where the schema tells it.
    """

    name: str
    title: str
    description: str
    fields: tuple[SettingField, ...]
    defaults: Mapping[str, Any]


def keep_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's JSON Schema with the order of its fields written down, which a JSON column does not keep."""
    definitions = {name: _with_order(definition) for name, definition in schema.get("$defs", {}).items()}
    return _with_order(schema) | ({"$defs": definitions} if definitions else {})


def read_schema(schema: Mapping[str, Any]) -> list[SettingGroup]:
    """Return the groups of a model's JSON Schema, the model's own fields first.

    Raises ``SchemaUnusableError`` where a name would be ambiguous, a secret lies where it could not be sealed, or the
    schema refers to another one.
    """
    _check_references(schema)
    definitions = schema.get("$defs", {})
    own: list[SettingField] = []
    inner: list[SettingGroup] = []
    for name, written in _properties(schema):
        _check_name(name)
        resolved = _resolve(written, definitions)
        if _is_model(resolved):
            inner.append(_group(name, resolved, definitions))
        else:
            own.append(_field((name,), resolved, definitions))
    groups = [SettingGroup("", "", "", tuple(own), {}), *inner]
    return [group for group in groups if group.fields]


def fields_of(groups: list[SettingGroup]) -> dict[str, SettingField]:
    """Return all fields by path."""
    return {field.path: field for group in groups for field in group.fields}


def assemble(groups: list[SettingGroup], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object that the app's model is made of: the values by path, those that are no fields left out.

    Of a model within the app's, of which only a part is set, the rest is what the app's model holds for it.
    """
    assembled: dict[str, Any] = {}
    for group in groups:
        present = {field.path: values[field.path] for field in group.fields if field.path in values}
        if not present:
            continue
        place = assembled
        if group.name:
            secrets = {_last(field.path) for field in group.fields if field.kind is SettingKind.SECRET}
            place = {name: value for name, value in group.defaults.items() if name not in secrets}
            assembled[group.name] = place
        place.update({_last(path): value for path, value in present.items()})
    return assembled


def _with_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, **({_ORDER: list(schema["properties"])} if "properties" in schema else {})}


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the properties in the order of the model, where it is written down."""
    order = {name: place for place, name in enumerate(schema.get(_ORDER, ()))}
    return sorted(schema.get("properties", {}).items(), key=lambda entry: order.get(entry[0], len(order)))


def _group(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> SettingGroup:
    default = schema.get("default")
    defaults = default if isinstance(default, dict) else {}
    fields = []
    for inner, written in _properties(schema):
        _check_name(inner)
        resolved = _resolve(written, definitions)
        if inner in defaults:
            resolved = {**resolved, "default": defaults[inner]}
        fields.append(_field((name, inner), resolved, definitions))
    return SettingGroup(
        name, schema.get("title") or _words(name), schema.get("description", ""), tuple(fields), defaults
    )


def _field(names: tuple[str, ...], schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> SettingField:
    kind = _kind(schema)
    if kind is not SettingKind.SECRET and _holds_secret(schema, definitions, frozenset()):
        raise SchemaUnusableError(
            f"The setting {'.'.join(names)} has a secret within it. "
            "A secret is a text of the settings' own model, or of a model directly within it."
        )
    default = UNSET if kind is SettingKind.SECRET else schema.get("default", UNSET)
    title, description = schema.get("title") or _words(names[-1]), schema.get("description", "")
    return SettingField(".".join(names), kind, title, description, schema, default)


def _kind(schema: Mapping[str, Any]) -> SettingKind:  # noqa: PLR0911 - a case for each kind
    if "enum" in schema or "const" in schema:
        options = schema["enum"] if "enum" in schema else [schema["const"]]
        plain = all(isinstance(option, str | int | float) for option in options)
        return SettingKind.CHOICE if plain and options else SettingKind.JSON
    match schema.get("type"):
        case "string" if schema.get("writeOnly"):
            return SettingKind.SECRET
        case "string" if schema.get("format") in {"textarea", "multiline"} or schema.get("maxLength", 0) > LONG_TEXT:
            return SettingKind.LONG_TEXT
        case "string":
            return SettingKind.TEXT
        case "integer":
            return SettingKind.INTEGER
        case "number":
            return SettingKind.NUMBER
        case "boolean":
            return SettingKind.SWITCH
        case "array" if _is_text(schema.get("items")) and "prefixItems" not in schema:
            return SettingKind.LINES
        case _:
            return SettingKind.JSON


def _is_text(items: object) -> bool:
    return isinstance(items, dict) and items.get("type") == "string" and not items.get("writeOnly")


def _is_model(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and bool(schema.get("properties"))


def _resolve(written: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a property without references, and without null among what it may be: not setting it says that.

    What is written beside a reference (title, default) speaks over what is referred to.
    """
    resolved = dict(written)
    options = [option for option in resolved.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        del resolved["anyOf"]
        resolved = {**options[0], **resolved}
    for _ in range(len(definitions)):
        reference = resolved.pop("$ref", None)
        if reference is None:
            break
        resolved = {**definitions[reference.removeprefix(_DEFINITION)], **resolved}
    return resolved


def _holds_secret(schema: object, definitions: Mapping[str, Any], seen: frozenset[str]) -> bool:
    return any(found for found in _secrets(schema, definitions, seen))


def _secrets(schema: object, definitions: Mapping[str, Any], seen: frozenset[str]) -> Iterator[bool]:
    if isinstance(schema, list):
        for entry in schema:
            yield from _secrets(entry, definitions, seen)
    elif isinstance(schema, Mapping):
        yield schema.get("writeOnly") is True
        name = str(schema.get("$ref", "")).removeprefix(_DEFINITION)
        if name in definitions and name not in seen:
            yield from _secrets(definitions[name], definitions, seen | {name})
        for keyword, entry in schema.items():
            if keyword not in {"default", "examples", "enum", "const"}:
                yield from _secrets(entry, definitions, seen)


def _check_references(schema: object) -> None:
    """Refuse what refers to anything else than a definition of its own: whoever checks values fetches nothing."""
    entries = schema if isinstance(schema, list) else list(schema.values()) if isinstance(schema, Mapping) else []
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if isinstance(reference, str) and not reference.startswith(_DEFINITION):
        raise SchemaUnusableError(f"The schema refers to something beyond itself: {reference[:80]}")
    for entry in entries:
        _check_references(entry)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SchemaUnusableError(
            f"The setting “{name[:80]}” needs another name: letters, digits, underscores and hyphens, at most 63."
        )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _last(path: str) -> str:
    return path.rpartition(".")[2]
