"""The form of Chainlit's switches, generated from the contract's structs.

A switch that is added to ``Features`` or ``Interface`` appears here by itself, with the title, help and limits of its
annotation.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet
from msgspec import inspect

from tenants.contract.state import Features, Interface

__all__ = ["APP_DEFAULT", "LinesField", "Switch", "SwitchGroup", "SwitchesForm", "count_set"]

Choices: TypeAlias = list[tuple[str, str]]
APP_DEFAULT = ("", "App default")

GROUPS: dict[str, tuple[str, ...]] = {
    "Messages": ("edit_message", "user_message_markdown", "user_message_autoscroll", "favorites"),
    "Answers": ("cot", "latex", "assistant_message_autoscroll"),
    "Conversations": ("allow_thread_sharing", "auto_tag_thread", "confirm_new_chat"),
    "Files": ("spontaneous_file_upload",),
    "Voice": ("audio",),
    "Tools": ("mcp",),
    "Layout": (
        "layout", "default_sidebar_state", "chat_settings_location", "default_chat_settings_open", "avatar_size",
        "alert_style",
    ),
    "Language": ("language",),
    "Header links": ("header_links",),
    "Sign-in page": ("login_page_image_filter", "login_page_image_dark_filter"),
    "Link previews": ("custom_meta_url", "custom_meta_image_url"),
}  # fmt: skip
OTHER_GROUP = "More"
"""Where a switch goes that the contract has and ``GROUPS`` does not name yet."""

# Labels in the order in which they are offered.
CHOICE_LABELS = {
    "default": "Narrow", "wide": "Wide", "open": "Open", "closed": "Closed", "hidden": "Hidden",
    "tool_call": "Tools only", "full": "Everything", "classic": "Classic", "modern": "Modern",
    "message_composer": "Beside the message box", "sidebar": "In the sidebar", "_self": "Same tab",
    "_blank": "New tab", "_parent": "Parent frame", "_top": "Whole window",
}  # fmt: skip
LABELS = {
    "header_links": "Links in the header",
    "name": "Name",
    "icon_url": "Icon address",
    "url": "Link address",
    "display_name": "Shown text",
    "target": "Opens in",
}
_FULL_ADDRESS = "Write a full address that begins with https:// or http://."
PATTERN_MESSAGES = {
    "spontaneous_file_upload__accept": "“%(value)s” is not a MIME type, such as image/* or application/pdf.",
    "mcp__user_servers__allowed_urls": "“%(value)s” is not an address that begins with https:// or http://.",
    "language": "“%(value)s” is not a language code, such as en or de-DE.",
    "login_page_image_filter": "Use lower-case letters, digits, hyphens and spaces, such as brightness-50.",
    "login_page_image_dark_filter": "Use lower-case letters, digits, hyphens and spaces, such as brightness-50.",
    "custom_meta_url": _FULL_ADDRESS,
    "custom_meta_image_url": _FULL_ADDRESS,
    "icon_url": "Write an address that begins with https://, http:// or /.",
    "url": "Write an address that begins with https://, http://, mailto: or /.",
}
OWN = "own"
MAXIMUM_LINES = 200
MAXIMUM_LINKS = 20


class LinesField(forms.Field):
    """A list of values, one a line; empty lines and repetitions are dropped."""

    kind = "lines"
    widget = forms.Textarea

    def __init__(self, *, check: Callable[[str], None], **options: Any) -> None:
        super().__init__(**options)
        self._check = check

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines, and what was typed as it was typed."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        """Return the lines."""
        lines = value if isinstance(value, list | tuple) else str(value or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def validate(self, value: Any) -> None:
        """Check each line."""
        super().validate(value)
        if len(value) > MAXIMUM_LINES:
            raise ValidationError(f"At most {MAXIMUM_LINES} lines fit here.", code="too_many")
        for line in value:
            self._check(line)


@dataclass(frozen=True)
class Switch:
    """One row of the form: the control and, for lists, the field or the rows that hold the tenant's own list."""

    name: str
    kind: str
    control: forms.BoundField
    lines: forms.BoundField | None = None
    links: "BaseFormSet[forms.Form] | None" = None


@dataclass(frozen=True)
class SwitchGroup:
    """Switches that belong together."""

    title: str
    switches: list[Switch] = field(default_factory=list)

    @property
    def position(self) -> int:
        """Where the group stands when groups of several forms are shown on one page."""
        return [*GROUPS, OTHER_GROUP].index(self.title)


@dataclass(frozen=True)
class _Leaf:
    path: tuple[str, ...]
    type: inspect.Type
    title: str
    help: str

    @property
    def name(self) -> str:
        return "__".join(self.path)


class SwitchesForm(forms.Form):
    """Every switch of ``Features`` or ``Interface``, each with a value that means "as the app has it".

    Field names are the paths into the struct joined by ``__``. A list has a second field, ``<name>__own``, which
    says whether the tenant has a list of its own (it may be empty) or follows the app. ``only`` and ``without`` name
    fields of the section for which a page has the form, or another page has.
    """

    def __init__(
        self,
        section: type[Features] | type[Interface],
        data: Mapping[str, Any] | None = None,
        *,
        initial: Features | Interface,
        only: Collection[str] = (),
        without: Collection[str] = (),
    ) -> None:
        prefix = section.__name__.lower()
        super().__init__(data, prefix=prefix)
        self._leaves = [
            leaf for leaf in _leaves(section) if (not only or leaf.path[0] in only) and leaf.path[0] not in without
        ]
        self.link_sets: dict[str, BaseFormSet[forms.Form]] = {}
        present = msgspec.to_builtins(initial)
        for leaf in self._leaves:
            value = _at(present, leaf.path)
            item = _list_item(leaf.type)
            if item is None:
                self.fields[leaf.name] = _field(leaf.name, leaf.type, leaf.title, leaf.help)
                self.initial[leaf.name] = _shown(value)
                continue
            self.fields[f"{leaf.name}__own"] = _choice(leaf.title, leaf.help, [APP_DEFAULT, (OWN, "Own list")])
            self.initial[f"{leaf.name}__own"] = "" if value is None else OWN
            if isinstance(item, inspect.StructType):
                rows = forms.formset_factory(
                    _row_form(item), extra=1, can_delete=True, max_num=MAXIMUM_LINKS, validate_max=True
                )
                self.link_sets[leaf.name] = rows(data, prefix=f"{prefix}-{leaf.name}", initial=list(value or ()))
            else:
                check = _text_check(leaf.name, item)
                self.fields[leaf.name] = LinesField(
                    check=check, label=f"{leaf.title}: own list", help_text="One a line.", required=False
                )
                self.initial[leaf.name] = value

    def is_valid(self) -> bool:
        """Check the fields and the rows of links."""
        return all([super().is_valid(), *(links.is_valid() for links in self.link_sets.values())])

    def count_errors(self) -> int:
        """Return how many fields were refused, rows of links included."""
        return len(self.errors) + sum(links.total_error_count() for links in self.link_sets.values())

    def values(self) -> dict[str, Any]:
        """Return the nested mapping that ``update_chat_settings`` takes; what follows the app is absent."""
        nested: dict[str, Any] = {}
        for leaf in self._leaves:
            value = self._value(leaf)
            if value is None:
                continue
            place = nested
            for name in leaf.path[:-1]:
                place = place.setdefault(name, {})
            place[leaf.path[-1]] = value
        return nested

    def groups(self) -> list[SwitchGroup]:
        """Return the switches in the order in which they are shown."""
        titles = {name: title for title, names in GROUPS.items() for name in names}
        groups = {title: SwitchGroup(title) for title in (*GROUPS, OTHER_GROUP)}
        for leaf in sorted(self._leaves, key=_position):
            groups[titles.get(leaf.path[0], OTHER_GROUP)].switches.append(self._switch(leaf))
        return [group for group in groups.values() if group.switches]

    def _value(self, leaf: _Leaf) -> Any:
        if _list_item(leaf.type) is None:
            value = self.cleaned_data[leaf.name]
            return None if value == "" else value
        if self.cleaned_data[f"{leaf.name}__own"] != OWN:
            return None
        if leaf.name not in self.link_sets:
            return self.cleaned_data[leaf.name]
        rows = [form.cleaned_data for form in self.link_sets[leaf.name].forms if form.cleaned_data]
        return [
            {name: value for name, value in row.items() if name != "DELETE" and value not in ("", None)}
            for row in rows
            if not row.get("DELETE")
        ]

    def _switch(self, leaf: _Leaf) -> Switch:
        if _list_item(leaf.type) is None:
            return Switch(leaf.name, self.fields[leaf.name].kind, self[leaf.name])  # type: ignore[attr-defined]  # set by _field
        links = self.link_sets.get(leaf.name)
        lines = None if links is not None else self[leaf.name]
        return Switch(leaf.name, "list", self[f"{leaf.name}__own"], lines=lines, links=links)


def count_set(present: Features | Interface) -> int:
    """Return how many switches the tenant has set to a value of its own."""
    builtins = msgspec.to_builtins(present)
    return sum(_at(builtins, leaf.path) is not None for leaf in _leaves(type(present)))


def _leaves(section: type[msgspec.Struct], path: tuple[str, ...] = ()) -> Iterator[_Leaf]:
    """Yield the switches of a struct, those of structs inside it included."""
    description = inspect.type_info(section)
    assert isinstance(description, inspect.StructType)  # noqa: S101 - a Struct class has no other description
    for entry in description.fields:
        here = (*path, entry.name)
        entry_type = entry.type
        texts: dict[str, str] = {}
        if isinstance(entry_type, inspect.Metadata):
            texts = entry_type.extra_json_schema or {}
            entry_type = entry_type.type
        if isinstance(entry_type, inspect.StructType):
            yield from _leaves(entry_type.cls, here)
            continue
        if isinstance(entry_type, inspect.UnionType):
            entry_type = next(option for option in entry_type.types if not isinstance(option, inspect.NoneType))
        title = texts.get("title") or LABELS.get(entry.name) or entry.name.replace("_", " ").capitalize()
        yield _Leaf(here, entry_type, title, texts.get("description", ""))


def _field(name: str, value_type: inspect.Type, title: str, help_text: str, *, required: bool = False) -> forms.Field:
    """Return the form field of one value; ``kind`` tells templates how to draw it."""
    match value_type:
        case inspect.BoolType():
            made: forms.Field = forms.TypedChoiceField(
                label=title,
                help_text=help_text,
                required=required,
                choices=[APP_DEFAULT, ("true", "On"), ("false", "Off")],
                coerce=lambda value: value == "true",
                empty_value=None,
            )
            kind = "tri_state"
        case inspect.LiteralType(values=values):
            order = [*CHOICE_LABELS, *values]
            named = [
                (str(value), CHOICE_LABELS.get(str(value), str(value).replace("_", " ").capitalize()))
                for value in sorted(values, key=order.index)
            ]
            made, kind = _choice(title, help_text, [APP_DEFAULT, *named]), "choice"
        case inspect.IntType(ge=least, le=most):
            limits = f"Write a whole number from {least} to {most}."
            errors = dict.fromkeys(("invalid", "min_value", "max_value"), limits)
            made, kind = forms.IntegerField(
                label=title,
                help_text=" ".join(part for part in (help_text, f"{least} to {most}.") if part),
                required=required,
                min_value=least,
                max_value=most,
                error_messages=errors,
            ), "number"  # fmt: skip
        case inspect.StrType(max_length=longest):
            made, kind = forms.CharField(
                label=title,
                help_text=help_text,
                required=required,
                max_length=longest,
                validators=[_text_check(name, value_type)],
            ), "text"  # fmt: skip
        case _:
            raise TypeError(f"There is no form field for {name}: {value_type}.")
    made.error_messages["required"] = f"{title} is missing."
    made.kind = kind  # type: ignore[attr-defined]  # the attribute is ours
    return made


def _choice(title: str, help_text: str, choices: Choices) -> forms.ChoiceField:
    return forms.ChoiceField(label=title, help_text=help_text, required=False, choices=choices)


def _text_check(name: str, value_type: inspect.Type) -> Callable[[str], None]:
    """Return a check of a text by the contract's pattern and length."""
    assert isinstance(value_type, inspect.StrType)  # noqa: S101 - only texts have patterns; another type is a new case
    pattern, longest = value_type.pattern, value_type.max_length
    message = PATTERN_MESSAGES.get(name, "“%(value)s” does not fit here.")

    def check(value: str) -> None:
        if longest is not None and len(value) > longest:
            raise ValidationError(f"At most {longest} characters fit here.", code="too_long")
        if pattern is not None and not re.search(pattern, value):
            raise ValidationError(message, code="invalid", params={"value": value[:80]})

    return check


def _list_item(value_type: inspect.Type) -> inspect.Type | None:
    return value_type.item_type if isinstance(value_type, inspect.VarTupleType) else None


def _row_form(row: inspect.StructType) -> type[forms.Form]:
    """Return the form of one row of a list of structs."""
    required = {entry.name for entry in row.fields if entry.required}
    fields = {
        leaf.name: _field(leaf.name, leaf.type, leaf.title, leaf.help, required=leaf.name in required)
        for leaf in _leaves(row.cls)
    }
    return type(f"{row.cls.__name__}Form", (forms.Form,), fields)


def _position(leaf: _Leaf) -> int:
    order = [name for names in GROUPS.values() for name in names]
    return order.index(leaf.path[0]) if leaf.path[0] in order else len(order)


def _shown(value: Any) -> Any:
    """Return the control's value for a value of the struct."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values
