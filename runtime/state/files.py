"""States in files, read again whenever one of them is saved."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import structlog
from watchfiles import awatch

from runtime.members import MemberRecord
from runtime.state.catalogue import Catalogue, TenantDefinition
from runtime.state.file_fields import TenantFileError
from runtime.state.source import LiveRevision, SourceUnavailableError, StateUnreadableError, StoredState
from runtime.state.subscription import SourceSubscription

__all__ = ["Definitions", "FileStateSource"]

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 5.0
"""How often files are looked at without having been told: network drives tell of nothing."""
DEBOUNCE_MILLISECONDS = 200
QUIET_MILLISECONDS = 20


class Definitions(Protocol):
    """Tenants as files define them."""

    @property
    def folder(self) -> Path:
        """The folder whose changes are watched."""

    def scan(self) -> Mapping[str, TenantDefinition | TenantFileError]:
        """Read what changed, and return all definitions by the names of their files, or why one cannot be used.

        The same mapping as before says that nothing changed. Called in a thread, one call at a time. Raises ``OSError``
        when the files cannot be reached.
        """

    def default_host(self, name: str) -> str:
        """Return where the tenant of a file is reached that names no host."""


class FileStateSource:
    """What files define, kept in memory; also where the members that they list are looked up."""

    def __init__(
        self, definitions: Definitions, catalogue: Catalogue, *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._definitions = definitions
        self._catalogue = catalogue
        self._heartbeat_seconds = heartbeat_seconds
        self._scanning = asyncio.Lock()
        self._watches = 0
        self._scanned: Mapping[str, TenantDefinition | TenantFileError] | None = None
        self._refused: dict[str, str] = {}
        self._unusable_hosts: frozenset[str] = frozenset()

    async def fetch_by_host(self, host: str) -> StoredState | None:
        """See ``StateSource``."""
        await self._look()
        stored = self._catalogue.by_host(host)
        if stored is None and host in self._unusable_hosts:
            raise StateUnreadableError("", 0, "the tenant's file cannot be used")
        return stored

    async def fetch_revision_by_host(self, host: str) -> LiveRevision | None:
        """See ``StateSource``."""
        stored = await self.fetch_by_host(host)
        return None if stored is None else LiveRevision(stored.tenant_id, stored.revision)

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """See ``StateReader``."""
        await self._look()
        return [stored for tenant_id in tenant_ids if (stored := self._catalogue.by_tenant(tenant_id))]

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """See ``StateReader``."""
        return {stored.tenant_id: stored.revision for stored in await self.fetch_by_tenants(tenant_ids)}

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        """See ``runtime.members.MemberDirectory``."""
        return self._catalogue.members_of(schema).get(email.strip().lower())

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[SourceSubscription]:
        """See ``StateSource``; where the system refuses another watch, the files are looked at each heartbeat."""
        async with AsyncExitStack() as leaving:
            changes = awatch(
                self._definitions.folder,
                watch_filter=None,
                debounce=DEBOUNCE_MILLISECONDS,
                step=QUIET_MILLISECONDS,
                rust_timeout=int(self._heartbeat_seconds * 1000),
                yield_on_timeout=True,
                recursive=False,
            )
            leaving.push_async_callback(changes.aclose)
            first = asyncio.ensure_future(anext(changes))
            leaving.push_async_callback(_end, first)
            # One step of the loop lets the watch begin, so that nothing falls between this scan and the first change.
            await asyncio.sleep(0)
            await self.scan()
            self._watches += 1
            leaving.callback(self._stop_watching)
            refused = first.exception() if first.done() else None
            if refused is not None:
                log.warning("files_not_watched", reason=str(refused), effect="they are looked at every few seconds")
            yield SourceSubscription(self, self._looked_at() if refused else self._watched(first, changes))

    async def _watched(
        self, first: asyncio.Future[Any], changes: AsyncIterator[Any]
    ) -> AsyncIterator[list[LiveRevision]]:
        await first
        yield await self.scan()
        async for _ in changes:
            yield await self.scan()

    async def _looked_at(self) -> AsyncIterator[list[LiveRevision]]:
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            yield await self.scan()

    async def scan(self) -> list[LiveRevision]:
        """Read the files anew and return what that published; raises ``SourceUnavailableError``."""
        async with self._scanning:
            try:
                # Both in the thread: with ten thousand tenants either would hold up the loop.
                return await asyncio.to_thread(self._scan)
            except OSError as error:
                raise SourceUnavailableError(f"{type(error).__name__}: {self._definitions.folder}") from error

    def _scan(self) -> list[LiveRevision]:
        definitions = self._definitions.scan()
        if definitions is self._scanned:
            return []
        usable = {
            name: definition if isinstance(definition, TenantDefinition) else None
            for name, definition in definitions.items()
        }
        notices, conflicts = self._catalogue.update(usable)
        problems = {name: error for name, error in definitions.items() if isinstance(error, TenantFileError)}
        for name, conflict in conflicts.items():
            field = "id" if conflict.claim.startswith("id ") else "hosts"
            problems[name] = TenantFileError(field, f"{conflict.claim} belongs to {conflict.owner}")
        self._tell(problems)
        self._unusable_hosts = frozenset(
            host for name in problems if name not in self._catalogue for host in self._hosts_of(name, definitions[name])
        )
        return notices

    def _hosts_of(self, name: str, definition: TenantDefinition | TenantFileError) -> Collection[str]:
        if isinstance(definition, TenantDefinition):
            return definition.state.hosts
        return (self._definitions.default_host(name),)

    def _tell(self, problems: Mapping[str, TenantFileError]) -> None:
        """Say of each file that is not used why, once; and when it is used again."""
        before, self._refused = self._refused, {name: str(error) for name, error in problems.items()}
        for name, error in problems.items():
            if before.get(name) != str(error):
                serving = "the last good state" if name in self._catalogue else "nothing"
                log.error("tenant_file_refused", file=name, field=error.field, reason=error.reason, serving=serving)
        for name in before.keys() - problems.keys():
            if name in self._catalogue:
                log.info("tenant_file_accepted", file=name)

    async def _look(self) -> None:
        """Read the files anew unless a watch does it."""
        if not self._watches:
            await self.scan()

    def _stop_watching(self) -> None:
        self._watches -= 1


async def _end(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
