"""Where states come from, whatever stores them."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from tenants.contract.errors import UnavailableError

__all__ = [
    "LiveRevision", "SourceUnavailableError", "StateReader", "StateSource", "StateUnreadableError", "StoredState",
    "Subscription",
]  # fmt: skip


class SourceUnavailableError(UnavailableError):
    """The store does not answer; ``reason`` is for the log and holds no credential."""

    def __init__(self, reason: str) -> None:
        super().__init__("state_unavailable", "The tenant's settings cannot be read just now.")
        self.reason = reason


class StateUnreadableError(UnavailableError):
    """A stored document is not one this version of the runtime understands."""

    def __init__(self, tenant_id: str, revision: int, reason: str) -> None:
        super().__init__(
            "state_unreadable",
            "The tenant's settings cannot be read by this version of the runtime.",
            details={"tenant": tenant_id, "revision": str(revision)},
        )
        self.reason = reason


class LiveRevision(NamedTuple):
    """Which revision of a tenant is live."""

    tenant_id: str
    revision: int


class StoredState(NamedTuple):
    """A live publication as stored; ``document`` is the JSON text of a ``TenantState``."""

    tenant_id: str
    revision: int
    checksum: str
    document: str


class StateReader(Protocol):
    """Reading many tenants at once; tenants without a live publication are left out of the answers."""

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """Return the live states of these tenants in one query."""

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """Return the live revision of each of these tenants in one query."""


class Subscription(StateReader, Protocol):
    """An open line on which publications are heard, and on which what was heard of can be read."""

    def notices(self) -> AsyncIterator[list[LiveRevision]]:
        """Yield what was published, as it is heard; an empty list is a sign of life that the line still works."""


class StateSource(StateReader, Protocol):
    """The store. Every method raises ``SourceUnavailableError`` when it does not answer."""

    async def fetch_by_host(self, host: str) -> StoredState | None:
        """Return the live state of the tenant that a verified host leads to."""

    async def fetch_revision_by_host(self, host: str) -> LiveRevision | None:
        """Return tenant and live revision a verified host leads to, without the document."""

    def subscribe(self) -> AbstractAsyncContextManager[Subscription]:
        """Open a line; everything published after it is open is heard."""
