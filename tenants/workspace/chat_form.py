"""The form of a chat's texts by language, its starters and the links in its header."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy as _
from msgspec import inspect

from tenants.contract.chat import ANY_LANGUAGE, MOST_LANGUAGES, MOST_STARTERS, Words
from tenants.contract.state import Interface
from tenants.workspace.languages import LANGUAGES, language_name
from tenants.workspace.meanwhile import Collision
from tenants.workspace.services.chat import LINKS, STARTERS, TEXTS
from tenants.workspace.switches import Switch, SwitchesForm

__all__ = ["ChatEditor", "field_label", "field_words"]

LONGEST_WELCOME = 10_000
LONGEST_WORD = 300


def _word_titles() -> dict[str, str]:
    description = inspect.type_info(Words)
    assert isinstance(description, inspect.StructType)  # noqa: S101 - a Struct class has no other description
    return {
        entry.name: (entry.type.extra_json_schema or {})["title"]
        for entry in description.fields
        if isinstance(entry.type, inspect.Metadata)
    }


WORDS = _word_titles()
"""The words that can be changed, and what each is, in the contract's order."""


if TYPE_CHECKING:
    _OfTexts = BaseFormSet["TextsForm"]
else:
    # Django makes it generic for type checkers alone.
    _OfTexts = BaseFormSet


class TextsForm(forms.Form):
    """What the chat says in one language."""

    language = forms.ChoiceField(label=_("Language"), error_messages={"required": _("Choose a language.")})
    welcome = forms.CharField(
        label=_("Welcome text"),
        required=False,
        max_length=LONGEST_WELCOME,
        widget=forms.Textarea,
        help_text=_("In Markdown. Empty shows the app's own text."),
    )

    def __init__(self, *args: Any, tags: Iterable[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        named = {tag: language_name(tag) for tag in (*LANGUAGES, *sorted(tags))}
        self.fields["language"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("Choose…")),
            (ANY_LANGUAGE, language_name(ANY_LANGUAGE)),
            *((tag, f"{name} ({tag})") for tag, name in named.items() if tag != ANY_LANGUAGE),
        ]
        for name, title in WORDS.items():
            self.fields[f"word_{name}"] = forms.CharField(label=title, required=False, max_length=LONGEST_WORD)

    def words(self) -> list[forms.BoundField]:
        """Return the fields of the words."""
        return [self[f"word_{name}"] for name in WORDS]

    def open_words(self) -> bool:
        """Say whether any word is there, so that they are shown without being asked for."""
        return any(field.value() or field.errors for field in self.words())

    def texts(self) -> dict[str, Any]:
        """Return the contract's ``ChatTexts``."""
        words = {name: value for name in WORDS if (value := self.cleaned_data[f"word_{name}"])}
        # Browsers send every line break as two characters.
        welcome = self.cleaned_data["welcome"].replace("\r\n", "\n")
        return {**({"welcome": welcome} if welcome else {}), **({"words": words} if words else {})}


class StarterForm(forms.Form):
    """A suggestion on the empty page."""

    label = forms.CharField(label=_("Label"), max_length=80, error_messages={"required": _("A starter needs a label.")})
    message = forms.CharField(
        label=_("Message that is sent"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("A starter needs a message.")},
    )
    icon = forms.ChoiceField(label=_("Icon"), required=False)

    def __init__(self, *args: Any, pictures: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        # One whose file was removed stays chosen until somebody chooses another.
        present = str(self.initial.get("icon") or "")
        shown = [*pictures, *([present] if present and present not in pictures else [])]
        self.fields["icon"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("No icon")),
            *((path, path.removeprefix("/public/")) for path in shown),
        ]

    def starter(self) -> dict[str, str]:
        """Return the contract's ``Starter``."""
        said = self.cleaned_data
        starter = {"label": said["label"], "message": said["message"].replace("\r\n", "\n")}
        return {**starter, "icon": said["icon"]} if said["icon"] else starter


class _TextsFormSet(_OfTexts):
    def clean(self) -> None:
        """Refuse a language that is there twice, beside the second one."""
        seen: set[str] = set()
        for form in self.forms:
            tag = "" if form in self.deleted_forms else form.cleaned_data.get("language", "")
            if tag and tag.lower() in seen:
                form.add_error("language", ValidationError(_("This language is there already."), code="twice"))
            seen.add(tag.lower())


class MadeOfForm(forms.Form):
    """The fields over which the page was filled in, which it carries along."""

    made_of = forms.JSONField(required=False, widget=forms.HiddenInput)

    def clean_made_of(self) -> dict[str, Any]:
        """Return the fields; what is none says nothing."""
        sent = self.cleaned_data["made_of"]
        return sent if isinstance(sent, dict) else {}


class ChatEditor:
    """All forms of the page. ``present`` are the fields as ``chat_fields`` returns them; ``pictures`` are paths."""

    def __init__(
        self,
        present: Mapping[str, Any],
        interface: Interface,
        *,
        pictures: Sequence[str],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        texts = {name.removeprefix(TEXTS): value for name, value in present.items() if name.startswith(TEXTS)}
        self.carried = MadeOfForm(data, initial={"made_of": dict(present)})
        self.texts = _rows(TextsForm, _TextsFormSet, MOST_LANGUAGES)(
            data,
            prefix="texts",
            initial=[_texts_shown(tag, texts[tag]) for tag in sorted(texts)],
            form_kwargs={"tags": list(texts)},
        )
        self.starters = _rows(StarterForm, BaseFormSet, MOST_STARTERS, can_order=True)(
            data, prefix="starters", initial=present[STARTERS], form_kwargs={"pictures": pictures}
        )
        self._links = SwitchesForm(Interface, data, initial=interface, only={LINKS})

    @property
    def links(self) -> Switch:
        """The links in the header, as a switch is drawn."""
        return self._links.groups()[0].switches[0]

    def is_valid(self) -> bool:
        """Check all of it, so that every mistake is shown at once."""
        return all([
            self.carried.is_valid(), self.texts.is_valid(), self.starters.is_valid(), self._links.is_valid(),
        ])  # fmt: skip

    def count_errors(self) -> int:
        """Return how many fields were refused."""
        if not self.texts.is_bound:
            return 0
        return self.texts.total_error_count() + self.starters.total_error_count() + self._links.count_errors()

    @property
    def made_of(self) -> dict[str, Any]:
        """The fields over which the page was filled in."""
        made_of: dict[str, Any] = self.carried.cleaned_data["made_of"]
        return made_of

    def accept(self, collisions: Iterable[Collision]) -> None:
        """Let the page stand over what somebody else saved: sent once more, it replaces that."""
        theirs = {collision.field: collision.theirs for collision in collisions}
        self.carried = MadeOfForm({"made_of": json.dumps(self.made_of | theirs)})

    def values(self) -> dict[str, Any]:
        """Return what ``update_chat`` takes beside the tenant."""
        return {
            "texts": {form.cleaned_data["language"]: form.texts() for form in _filled(self.texts)},
            "starters": [form.starter() for form in self.starters.ordered_forms],
            "header_links": self._links.values().get(LINKS),
        }

    def fields(self) -> dict[str, Any]:
        """Return the fields as they are typed, named as in ``chat_fields``."""
        values = self.values()
        texts = {f"{TEXTS}{tag}": value for tag, value in values["texts"].items()}
        return {**texts, STARTERS: values["starters"], LINKS: values["header_links"]}


def field_label(name: str) -> str:
    """Return what people call a field of ``chat_fields``."""
    if name.startswith(TEXTS):
        return language_name(name.removeprefix(TEXTS))
    return str({STARTERS: _("Starters"), LINKS: _("Header links")}[name])


def field_words(name: str, value: Any) -> str:
    """Say a field's value in one short text."""
    if not value:
        return str(_("none"))
    if name == STARTERS:
        return ", ".join(starter["label"] for starter in value)
    if name == LINKS:
        return ", ".join(link["name"] for link in value)
    words = [f"{WORDS[word]}: {text}" for word, text in value.get("words", {}).items()]
    return "\n".join(filter(None, [value.get("welcome", ""), *words]))


def _rows(
    form: type[forms.Form], base: "type[BaseFormSet[Any]]", most: int, *, can_order: bool = False
) -> "type[BaseFormSet[Any]]":
    return forms.formset_factory(
        form, formset=base, extra=1, can_delete=True, can_order=can_order, max_num=most, validate_max=True
    )


def _filled(rows: "BaseFormSet[Any]") -> list[Any]:
    return [form for form in rows.forms if form.has_changed() or form.initial if form not in rows.deleted_forms]


def _texts_shown(tag: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    words = {f"word_{name}": value for name, value in texts.get("words", {}).items()}
    return {"language": tag, "welcome": texts.get("welcome", ""), **words}
