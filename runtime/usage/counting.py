"""What a process has counted and not stored yet: one small record a tenant and day, however much is said in it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tenants.contract.secrets import derive_key
from tenants.contract.usage import ANSWER_BOUNDS, LONGEST_MODEL_NAME, answer_bucket, person_digest

__all__ = ["OTHER_MODELS", "DayCounts", "UsageBatch", "UsageCounter"]

SECONDS_A_DAY = 86_400
MOST_PEOPLE = 200_000
"""How many people may wait to be stored in the process, some 20 MB; whoever comes then is not counted among them."""
SHARE_OF_A_TENANT = 4
"""A tenant's people may take one in so many of the places, so that others find theirs."""
MOST_MODELS = 50
OTHER_MODELS = "other models"
"""Where the tokens of a tenant's further models go on a day with more than ``MOST_MODELS``."""


@dataclass(slots=True)
class DayCounts:
    """What a tenant was used on one day, as far as this process has seen it."""

    messages: int = 0
    errors: int = 0
    answers: list[int] = field(default_factory=lambda: [0] * (len(ANSWER_BOUNDS) + 1))
    """Answers by how long they took: ``tenants.contract.usage.answer_bucket``."""
    tokens: dict[str, int] = field(default_factory=dict)
    """By the name of the model, which may be empty."""
    people: set[bytes] = field(default_factory=set)
    """Their digests."""


UsageBatch = Mapping[tuple[str, int], DayCounts]
"""Counts by tenant id and day, as the number of days since 1970-01-01 (UTC)."""


class UsageCounter:
    """Counts for every tenant; each method may be called in any thread, and waits for nothing but the others."""

    def __init__(self, master_secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._key = bytes.fromhex(derive_key(master_secret, purpose="usage-person", tenant_id="platform"))
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], DayCounts] = {}
        self._taken: UsageBatch | None = None
        self._people_waiting = 0
        self.uncounted_people = 0
        """How many were left out since the start, because too many others waited to be stored."""

    @property
    def waiting(self) -> int:
        """How many records, one a tenant and day, are not stored yet."""
        return len(self._counts) + len(self._taken or ())

    def count_message(self, tenant_id: str, person: str) -> None:
        """Count a message; ``person`` is any text by which the same person is known again on the same day."""
        digest = person_digest(self._key, tenant_id, person)
        with self._lock:
            counts = self._today(tenant_id)
            counts.messages += 1
            if digest in counts.people:
                return
            if self._people_waiting >= MOST_PEOPLE or len(counts.people) >= MOST_PEOPLE // SHARE_OF_A_TENANT:
                self.uncounted_people += 1
                return
            counts.people.add(digest)
            self._people_waiting += 1

    def count_answer(self, tenant_id: str, seconds: float) -> None:
        """Count an answer and how long it took."""
        with self._lock:
            self._today(tenant_id).answers[answer_bucket(seconds)] += 1

    def count_error(self, tenant_id: str) -> None:
        """Count something that the app raised."""
        with self._lock:
            self._today(tenant_id).errors += 1

    def count_tokens(self, tenant_id: str, tokens: int, model: str) -> None:
        """Count tokens of a language model."""
        with self._lock:
            counted = self._today(tenant_id).tokens
            if model not in counted and len(counted) >= MOST_MODELS:
                model = OTHER_MODELS
            counted[model] = counted.get(model, 0) + tokens

    def take(self) -> UsageBatch | None:
        """Return what is to be stored next, or None. Until ``stored`` is called it is the same, however much is added.

        A batch that may have been stored already can so be offered again under its number.
        """
        with self._lock:
            if self._taken is None and self._counts:
                self._taken, self._counts = self._counts, {}
            return self._taken

    def stored(self) -> None:
        """Forget the batch that was taken."""
        with self._lock:
            self._people_waiting -= sum(len(counts.people) for counts in (self._taken or {}).values())
            self._taken = None

    def _today(self, tenant_id: str) -> DayCounts:
        key = tenant_id, int(self._clock() // SECONDS_A_DAY)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = DayCounts()
        return counts


def model_name(text: str) -> str:
    """Return the name of a model as it can be stored: short, and without what Postgres takes in no text."""
    return text.encode(errors="replace").decode().replace("\0", "").strip()[:LONGEST_MODEL_NAME]
