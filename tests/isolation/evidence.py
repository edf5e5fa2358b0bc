"""What proves a leak: a word of another tenant or person, an old revision, or something done that must be refused."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.isolation.tenants import PEOPLE

ERRORS = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
REFUSALS = tuple(
    code.encode() for code in re.findall(r"^\| `(\w+)` \| 503 \|", ERRORS.read_text(encoding="utf-8"), re.MULTILINE)
)
"""Codes under which the documentation says that something cannot be answered just now."""


class Owner(Protocol):
    """A tenant as answers are judged: all that is its own carries its canary.

    ``live`` is the newest revision that every process has; ``signs_in`` says that its people are known by name.
    """

    slug: str
    canary: str
    live: int

    @property
    def signs_in(self) -> bool: ...

    def private(self, person: str) -> str:
        """Return the word that what one person of the tenant wrote carries."""


@dataclass(frozen=True)
class Fault:
    """An answer that says that the server failed; ``asked`` is what led to it, the last at the end."""

    status: int
    received: bytes
    asked: tuple[str, ...]

    @property
    def request_id(self) -> str:
        """The id under which the log has it."""
        found = re.search(rb"x-request-id: (\S+)", self.received)
        return found[1].decode() if found else ""


def is_fault(status: int, received: bytes) -> bool:
    """Say whether a server failed, where it did not refuse as its documentation says."""
    return status >= 500 and not (status == 503 and any(code in received for code in REFUSALS))


class LeakError(AssertionError):
    """Something of one tenant reached another; ``shown`` is what was seen."""

    def __init__(self, what: str, shown: Iterable[object] = ()) -> None:
        self.what = what
        self.shown = [str(each)[:2000] for each in shown]
        super().__init__(what)


class Evidence:
    """Knows every tenant's words."""

    def __init__(self, tenants: Sequence[Owner]) -> None:
        self._tenants = tenants
        self._canaries = {tenant.canary.encode(): tenant for tenant in tenants}
        self._common = b"canary-"

    def check(self, received: bytes, *, at: Owner | None, person: str, sent: bytes = b"", revision: int = 0) -> None:
        """Raise ``LeakError`` unless every word received is the asking tenant's and the asking person's.

        ``person`` is who asked with good credentials, empty for nobody. What was sent may come back. ``revision`` is
        the one that was live before the question, so nothing older may be answered.
        """
        if self._common not in received:
            return
        for word, tenant in self._canaries.items():
            if word not in received or word in sent:
                continue
            if tenant is not at:
                asked = at.slug if at else "no tenant"
                raise LeakError(f"{tenant.slug}'s data was answered to {asked}", (received,))
            self._check_person(received, tenant, person)
            _check_revision(received, tenant, revision)

    @staticmethod
    def _check_person(received: bytes, tenant: Owner, person: str) -> None:
        if not tenant.signs_in:
            return
        for other in PEOPLE:
            if other != person and tenant.private(other).encode() in received:
                raise LeakError(f"{other}'s data was answered to {person or 'nobody'} at {tenant.slug}", (received,))


def _check_revision(received: bytes, tenant: Owner, revision: int) -> None:
    for shown in re.finditer(rb"%s r(\d+)\." % tenant.canary.encode(), received):
        if int(shown[1]) < revision:
            raise LeakError(
                f"revision {int(shown[1])} of {tenant.slug} was answered after {revision} was live", (received,)
            )
