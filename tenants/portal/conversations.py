"""Conversations as the settings page shows them: forms, and what of a step and its files is to be seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from tenants.contract.stored_files import is_shown_by_browsers
from tenants.conversations.files import FileAddresses
from tenants.conversations.formats import feedback_of
from tenants.conversations.models import ConversationPolicy, Element, Feedback, Readers, Step
from tenants.conversations.queries import Rating, Search
from tenants.conversations.search import LONGEST_SEARCH, SPOKEN_TYPES
from tenants.conversations.services.policy import LONGEST_RETENTION_DAYS
from tenants.conversations.services.reading import Conversation

__all__ = ["PolicyForm", "SearchForm", "Shown", "shown_steps"]

_LONGEST_TEXT = 20_000
_DEEPEST = 3


class SearchForm(forms.Form):
    """What to look for. It is sent by address, so that a search can be kept and gone back to."""

    text = forms.CharField(label=_("Words"), required=False, max_length=LONGEST_SEARCH)
    person = forms.CharField(label=_("Person"), required=False, max_length=200)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)
    rating = forms.ChoiceField(
        label=_("Rating"),
        required=False,
        choices=[("", _("Any")), (Rating.UP.value, _("Thumb up")), (Rating.DOWN.value, _("Thumb down"))],
    )

    def search(self) -> Search:
        """Return what is asked for, once it is valid."""
        values = dict(self.cleaned_data)
        values["rating"] = Rating(values["rating"]) if values["rating"] else None
        return Search(**values)

    def query(self, **more: str) -> str:
        """Return what is asked for as part of an address, with something more."""
        asked = {name: str(value) for name, value in self.cleaned_data.items() if value}
        return urlencode(asked | more)


class PolicyForm(forms.Form):
    """Who reads, and how long conversations stay. ``confirmed`` holds the days that somebody has agreed to."""

    readers = forms.ChoiceField(label=_("Who may read"), choices=Readers.choices, widget=forms.RadioSelect)
    retention_days = forms.IntegerField(
        label=_("Delete after days"),
        help_text=_("Counted from when something was said last. 0 keeps conversations."),
        min_value=0,
        max_value=LONGEST_RETENTION_DAYS,
    )
    confirmed = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, policy: ConversationPolicy) -> "PolicyForm":
        """Return the form as it is saved."""
        return cls(initial={"readers": policy.readers, "retention_days": policy.retention_days})

    def values(self) -> Mapping[str, Any]:
        """Return what ``update_policy`` takes."""
        return {name: self.cleaned_data[name] for name in ("readers", "retention_days")}

    def deletes_sooner_than(self, policy: ConversationPolicy) -> bool:
        """Say whether more would be deleted than now, and nobody has agreed to these days."""
        days: int = self.cleaned_data["retention_days"]
        sooner = days > 0 and (policy.retention_days == 0 or days < policy.retention_days)
        return sooner and self.cleaned_data["confirmed"] != days


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file or widget beside a step. ``address`` is empty where nothing can be opened."""

    name: str
    mime: str
    address: str
    is_picture: bool
    is_elsewhere: bool
    props: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it is read. ``depth`` is how far within others it was done, ``begins_revision`` that it changed."""

    step: Step
    is_spoken: bool
    is_persons: bool
    text: str
    input: str
    is_cut: bool
    depth: int
    begins_revision: bool
    feedback: Feedback | None
    files: list[ShownFile] = field(default_factory=list)


def shown_steps(conversation: Conversation, addresses: FileAddresses) -> list[Shown]:
    """Return the steps of a part of a conversation as the page shows them."""
    files: dict[UUID, list[ShownFile]] = {}
    for element in conversation.elements:
        if element.step_id is not None:
            files.setdefault(element.step_id, []).append(_file(element, addresses))
    depths: dict[UUID, int] = {}
    shown: list[Shown] = []
    revision: int | None = None
    for step in conversation.steps:
        above = depths.get(step.parent_id, -1) if step.parent_id else -1
        depths[step.pk] = min(above + 1, _DEEPEST)
        begins = step.revision is not None and step.revision != revision
        revision = step.revision if step.revision is not None else revision
        text, given = step.output or "", step.input or ""
        shown.append(
            Shown(
                step=step,
                is_spoken=step.type in SPOKEN_TYPES or step.type == "system_message",
                is_persons=step.type == "user_message",
                text=text[:_LONGEST_TEXT],
                input=given[:_LONGEST_TEXT],
                is_cut=max(len(text), len(given)) > _LONGEST_TEXT,
                depth=depths[step.pk],
                begins_revision=begins,
                feedback=feedback_of(step),
                files=files.get(step.pk, []),
            )
        )
    return shown


def _file(element: Element, addresses: FileAddresses) -> ShownFile:
    mime = element.mime or ""
    own = addresses.path(element.object_key, mime=mime, name=element.name)
    # What an app wrote down as an address is followed only where it is one of the web.
    elsewhere = element.url if urlsplit(element.url or "").scheme in {"http", "https"} else ""
    return ShownFile(
        name=Truncator(element.name).chars(120),
        mime=mime,
        address=own or elsewhere or "",
        is_picture=bool(own) and mime.startswith("image/") and is_shown_by_browsers(mime),
        is_elsewhere=not own and bool(elsewhere),
        props=element.props or None,
    )
