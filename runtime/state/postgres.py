"""States in Postgres: the registry's tables, and LISTEN/NOTIFY for what changes."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import args_row

from runtime.database import DatabasePool, answering_within, connection_parameters
from runtime.state.source import LiveRevision, SourceUnavailableError, StoredState
from tenants.contract.state import STATE_CHANNEL

__all__ = ["ANSWER_SECONDS", "PostgresStateSource", "PostgresSubscription", "unavailable_on_error"]

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 2.0
BATCH_ANSWER_SECONDS = 15.0
HEARTBEAT_SECONDS = 5.0

_LIVE: LiteralString = (
    "FROM registry_tenant tenant JOIN registry_publication publication ON publication.id = tenant.live_publication_id"
)
_OF_HOST: LiteralString = (
    f"{_LIVE} JOIN registry_domain domain ON domain.tenant_id = tenant.id WHERE domain.domain = %s AND domain.verified"
)
_OF_TENANTS: LiteralString = f"{_LIVE} WHERE tenant.id = ANY(%s::uuid[])"
_REVISION: LiteralString = "SELECT tenant.id::text, publication.revision"
_STATE: LiteralString = f"{_REVISION}, publication.checksum, publication.document::text"

STATE_BY_HOST: LiteralString = f"{_STATE} {_OF_HOST}"
REVISION_BY_HOST: LiteralString = f"{_REVISION} {_OF_HOST}"
STATES_BY_TENANTS: LiteralString = f"{_STATE} {_OF_TENANTS}"
REVISIONS_BY_TENANTS: LiteralString = f"{_REVISION} {_OF_TENANTS}"
# A pooler between us and Postgres may answer queries and yet drop the LISTEN with the server connection.
STILL_LISTENING: LiteralString = "SELECT %s IN (SELECT pg_listening_channels())"


@contextmanager
def unavailable_on_error() -> Iterator[None]:
    """Say of a database that does not answer what ``StateSource`` says: ``SourceUnavailableError``."""
    try:
        yield
    except (psycopg.Error, OSError) as error:
        # The class and the first line: enough to act on, and never the connection string.
        lines = str(error).splitlines() or [""]
        raise SourceUnavailableError(f"{type(error).__name__}: {lines[0]}") from error


class PostgresStateSource:
    """Reads through the shared pool, and listens on a connection of its own."""

    def __init__(
        self,
        pool: DatabasePool,
        database_url: str,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._pool = pool
        self._database_url = database_url
        self._answer_seconds = answer_seconds
        self._heartbeat_seconds = heartbeat_seconds

    async def fetch_by_host(self, host: str) -> StoredState | None:
        """See ``StateSource``."""
        async with self._connection(self._answer_seconds) as connection:
            cursor = connection.cursor(row_factory=args_row(StoredState))
            await cursor.execute(STATE_BY_HOST, (host,))
            return await cursor.fetchone()

    async def fetch_revision_by_host(self, host: str) -> LiveRevision | None:
        """See ``StateSource``."""
        async with self._connection(self._answer_seconds) as connection:
            cursor = connection.cursor(row_factory=args_row(LiveRevision))
            await cursor.execute(REVISION_BY_HOST, (host,))
            return await cursor.fetchone()

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """See ``StateReader``."""
        async with self._connection(BATCH_ANSWER_SECONDS) as connection:
            return await _fetch_states(connection, tenant_ids)

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """See ``StateReader``."""
        async with self._connection(BATCH_ANSWER_SECONDS) as connection:
            return await _fetch_revisions(connection, tenant_ids)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator["PostgresSubscription"]:
        """See ``StateSource``."""
        with unavailable_on_error():
            connection = await AsyncConnection.connect(self._database_url, **connection_parameters())
        try:
            subscription = PostgresSubscription(
                connection, answer_seconds=self._answer_seconds, heartbeat_seconds=self._heartbeat_seconds
            )
            await subscription.start()
            yield subscription
        finally:
            await connection.close()

    @asynccontextmanager
    async def _connection(self, seconds: float) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        with unavailable_on_error():
            async with self._pool.connection() as connection, answering_within(connection, seconds):
                yield connection


class PostgresSubscription:
    """One connection that listens. It reads, too, so that fresh states never wait for a place in the pool."""

    def __init__(
        self, connection: AsyncConnection[tuple[Any, ...]], *, answer_seconds: float, heartbeat_seconds: float
    ) -> None:
        self._connection = connection
        self._answer_seconds = answer_seconds
        self._heartbeat_seconds = heartbeat_seconds

    async def start(self) -> None:
        """Begin to listen; raises ``SourceUnavailableError``."""
        async with self._answering(self._answer_seconds):
            await self._connection.execute(f"LISTEN {STATE_CHANNEL}")

    async def notices(self) -> AsyncIterator[list[LiveRevision]]:
        """See ``Subscription``; each quiet ``heartbeat_seconds`` end with a check, which must be answered in time."""
        while True:
            with unavailable_on_error():
                heard = [
                    notify.payload
                    async for notify in self._connection.notifies(timeout=self._heartbeat_seconds, stop_after=1)
                ]
            if not heard:
                await self._check_still_listening()
            yield [notice for payload in heard if (notice := _parse_notice(payload))]

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """See ``StateReader``."""
        async with self._answering(BATCH_ANSWER_SECONDS):
            return await _fetch_states(self._connection, tenant_ids)

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """See ``StateReader``."""
        async with self._answering(BATCH_ANSWER_SECONDS):
            return await _fetch_revisions(self._connection, tenant_ids)

    async def _check_still_listening(self) -> None:
        async with self._answering(self._answer_seconds):
            cursor = await self._connection.execute(STILL_LISTENING, (STATE_CHANNEL,))
            row = await cursor.fetchone()
        if row is None or not row[0]:
            raise SourceUnavailableError("The connection no longer listens; a pooler must pass whole sessions.")

    @asynccontextmanager
    async def _answering(self, seconds: float) -> AsyncIterator[None]:
        with unavailable_on_error():
            async with answering_within(self._connection, seconds):
                yield


async def _fetch_states(connection: AsyncConnection[Any], tenant_ids: Collection[str]) -> list[StoredState]:
    cursor = connection.cursor(row_factory=args_row(StoredState))
    await cursor.execute(STATES_BY_TENANTS, (list(tenant_ids),))
    return await cursor.fetchall()


async def _fetch_revisions(connection: AsyncConnection[Any], tenant_ids: Collection[str]) -> Mapping[str, int]:
    cursor = connection.cursor(row_factory=args_row(LiveRevision))
    await cursor.execute(REVISIONS_BY_TENANTS, (list(tenant_ids),))
    return dict(await cursor.fetchall())


def _parse_notice(payload: str) -> LiveRevision | None:
    tenant_id, _, revision = payload.partition(":")
    if not (revision.isascii() and revision.isdigit()):
        log.warning("notice_not_understood", payload=payload[:80])
        return None
    return LiveRevision(tenant_id, int(revision))
