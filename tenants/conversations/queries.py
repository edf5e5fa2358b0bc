"""Questions about the conversations of the bound tenant. Whoever asks them has been permitted to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenants.contract.errors import InvalidValueError
from tenants.conversations.models import Feedback, Step, Thread
from tenants.conversations.search import SPOKEN_TYPES, said

__all__ = ["Place", "Rating", "Search", "conversations", "counts_of"]


class Rating(StrEnum):
    """What people thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Search:
    """Which conversations are meant; what is empty asks for nothing.

    ``person`` is a part of who said it, ``since`` and ``until`` are days (UTC) on which something was said last, both
    included.
    """

    text: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    rating: Rating | None = None

    def described(self) -> dict[str, str]:
        """Return what is asked for, as the audit log keeps it."""
        asked = {
            "text": self.text,
            "person": self.person,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "rating": self.rating.value if self.rating else "",
        }
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that is sorted by time and id, so that a page begins where the one before ended."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that an address names, None where it names none; raises ``InvalidValueError``."""
        if not text:
            return None
        moment, _, identifier = text.partition("_")
        try:
            at = datetime.fromisoformat(moment)
            place = cls(at if at.tzinfo else at.replace(tzinfo=UTC), UUID(identifier))
        except ValueError as error:
            raise InvalidValueError("place_invalid", "There is no such place in this list.") from error
        return place


def conversations(search: Search) -> QuerySet[Thread]:
    """Return what is asked for, the one in which something was said last first."""
    found = Thread.objects.filter(deleted_at=None).select_related("user")
    if search.text:
        found = found.filter(pk__in=said(search.text))
    if search.person:
        found = found.filter(user__identifier__icontains=search.person)
    if search.since:
        found = found.filter(updated_at__gte=_midnight(search.since))
    if search.until:
        found = found.filter(updated_at__lt=_midnight(search.until) + timedelta(days=1))
    if search.rating:
        wanted = Q(value__gt=0) if search.rating is Rating.UP else Q(value__lte=0)
        found = found.filter(Exists(Feedback.objects.filter(wanted, step__thread=OuterRef("pk"))))
    return found.order_by("-updated_at", "-pk")


def counts_of(threads: list[Thread]) -> dict[UUID, dict[str, Any]]:
    """Return how many messages each of a page of threads has, and how many were rated up and down."""
    spoken = Step.objects.filter(thread__in=threads).order_by().values("thread_id")
    counted = spoken.annotate(
        messages=Count("pk", filter=Q(type__in=SPOKEN_TYPES)),
        up=Count("feedback", filter=Q(feedback__value__gt=0)),
        down=Count("feedback", filter=Q(feedback__value__lte=0)),
    )
    return {row["thread_id"]: dict(row) for row in counted}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
