"""Published documents made readable: flat lists of named values, and what differs between two of them.

Secrets stand in documents as Fernet tokens. They are replaced here, before anything is presented.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "Entry", "document_changes", "document_entries", "register_wording"]

SECRET = "secret"  # noqa: S105 - the word shown in place of a secret
Value = str | None

_wordings: dict[str, Callable[[Any], str]] = {}


@dataclass(frozen=True)
class Entry:
    """One value of a document under a name for people; ``colour`` is set where the value is one."""

    name: str
    value: str

    @property
    def colour(self) -> str:
        """Return the value when it is a colour to show as a swatch, else nothing."""
        return _colour(self.value)


@dataclass(frozen=True)
class Change:
    """A value that differs; None where the document does not have it (the default, or the app's own value)."""

    name: str
    before: Value
    after: Value

    @property
    def before_colour(self) -> str:
        """Return the former value when it is a colour."""
        return _colour(self.before)

    @property
    def after_colour(self) -> str:
        """Return the new value when it is a colour."""
        return _colour(self.after)


def register_wording(field: str, describe: Callable[[Any], str]) -> None:
    """Let an app say each value of one of its fields, a mapping by name, in its own words; from ``AppConfig.ready``."""
    _wordings[field] = describe


def document_entries(document: Mapping[str, Any]) -> list[Entry]:
    """Return every value of a document, sorted by name, with secrets replaced."""
    return [Entry(_title(path), _shown(path, value)) for path, value in sorted(_flatten(document))]


def document_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Change]:
    """Return what differs; ``before`` None (the first publication) counts as nothing to compare with."""
    if before is None:
        return []
    old, new = dict(_flatten(before)), dict(_flatten(after))
    return [
        Change(
            _title(path),
            _shown(path, old[path]) if path in old else None,
            (_shown(path, new[path]) + _renewed(path, path in old)) if path in new else None,
        )
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def _flatten(document: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in document.items():
        path = (*prefix, name)
        if path == ("assets",):
            yield from (((*path, asset["role"], *_named(asset)), asset) for asset in value)
        elif isinstance(value, Mapping) and not (len(prefix) == 1 and prefix[0] in _wordings):
            yield from _flatten(value, path)
        else:
            yield path, value


def _named(asset: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the asset's name as a part of its path, where its role takes names."""
    return (asset["name"],) if asset.get("name") else ()


def _shown(path: tuple[str, ...], value: Any) -> str:
    if _is_secret(path):
        return SECRET
    if path[0] == "assets":
        described = f", “{value['alt']}”" if value.get("alt") else ""
        return f"{value['content_type']}, {value['size']:,} bytes, {value['sha256'][:12]}{described}"
    if path[0] in _wordings:
        return _wordings[path[0]](value)
    if isinstance(value, list):
        return ", ".join(_item(path, item) for item in value) or "none"
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _item(path: tuple[str, ...], item: Any) -> str:
    """Say one value of a list."""
    match path[-1]:
        case "header_links":
            return f"{item['name']} → {item['url']}"
        case "starters":
            return f"{item['label']} → {item['message']}"
    return str(item)


def _renewed(path: tuple[str, ...], existed: bool) -> str:
    """Say that a secret changed, since it looks the same before and after."""
    return " (new value)" if _is_secret(path) and existed else ""


def _is_secret(path: tuple[str, ...]) -> bool:
    """Say whether a value is a token: of the tenant, or of a layer that it shares with others."""
    return path[-2:-1] == ("secrets",)


def _title(path: tuple[str, ...]) -> str:
    if path[0] == "app_settings":
        # Under the names that the app's code has; values and secrets are one list to people.
        return " / ".join(["App settings", *path[2:]])
    names = [path[0].replace("_", " ").capitalize()]
    # Names that people chose (variables, flags) stay as they are written.
    verbatim = path[0] in {"secrets", "environment", "flags", "plan_environment", "platform_environment"}
    if path[0] == "assets":
        return " / ".join([*names, path[1].replace("_", " "), *path[2:]])
    if path[0] == "chat":
        path = tuple("all other languages" if name == "*" else name for name in path)
    names += [name if verbatim else name.replace("_", " ") for name in path[1:]]
    return " / ".join(names)


def _colour(value: Value) -> str:
    if value and len(value) == 7 and value[0] == "#" and all(digit in "0123456789abcdef" for digit in value[1:]):
        return value
    return ""
