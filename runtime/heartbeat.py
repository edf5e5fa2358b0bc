"""What this process says of itself to operators: a row in the public schema that it renews, off the path of requests.

The database's clock is the only one: the process tells how long ago something was. The row goes with a clean stop; one
of a killed process is no longer renewed, and removed by the others.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

import runtime
from runtime.database import DatabasePool, answering_within
from runtime.state.cache import StateCache
from runtime.state.source import LiveRevision

__all__ = ["BEAT_SECONDS", "Heartbeat", "Vitals"]

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
ANSWER_SECONDS = 5.0
CLOSE_SECONDS = 2.0
FORGOTTEN_AFTER = "1 hour"
MOST_PUBLICATIONS = 1000
GRACE_SECONDS = 2.0
"""A publication younger than this may still be on its way to the process."""
OVERLAP = 200
"""Numbers are given out before the commit: so many are looked at again, for those that came later than their number."""

_RENEW: LiteralString = """
INSERT INTO fleet_runtimeprocess AS known (
    id, name, version, chainlit_version, started_at, seen_at, open_chats, loaded_tenants, serving, listening,
    confirmed_at, behind, heard_tenant, heard_revision, heard_at, heard_after_ms
)
SELECT %(id)s, %(name)s, %(version)s, %(chainlit_version)s, now() - make_interval(secs => %(age)s), now(),
    %(open_chats)s, %(loaded_tenants)s, %(serving)s, %(listening)s, now() - make_interval(secs => %(unconfirmed)s),
    %(behind)s, %(heard_tenant)s::uuid, %(heard_revision)s, heard.at,
    greatest(0, extract(epoch FROM heard.at - (
        SELECT created_at FROM registry_publication
        WHERE tenant_id = %(heard_tenant)s::uuid AND revision = %(heard_revision)s
    )) * 1000)
FROM (SELECT now() - make_interval(secs => %(heard_ago)s) AS at) AS heard
ON CONFLICT (id) DO UPDATE SET
    seen_at = excluded.seen_at, open_chats = excluded.open_chats, loaded_tenants = excluded.loaded_tenants,
    serving = excluded.serving, listening = excluded.listening, confirmed_at = excluded.confirmed_at,
    behind = excluded.behind, heard_tenant = excluded.heard_tenant, heard_revision = excluded.heard_revision,
    heard_at = CASE WHEN (known.heard_tenant, known.heard_revision)
        IS NOT DISTINCT FROM (excluded.heard_tenant, excluded.heard_revision) THEN known.heard_at
        ELSE excluded.heard_at END,
    heard_after_ms = CASE WHEN (known.heard_tenant, known.heard_revision)
        IS NOT DISTINCT FROM (excluded.heard_tenant, excluded.heard_revision) THEN known.heard_after_ms
        ELSE excluded.heard_after_ms END"""

_NEWEST: LiteralString = """
SELECT id, tenant_id::text, revision, extract(epoch FROM now() - created_at)::float8
FROM registry_publication WHERE id > %s ORDER BY id DESC LIMIT %s"""

_SILENT: LiteralString = "DELETE FROM fleet_runtimeprocess WHERE seen_at < now() - %s::interval"


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """How the process is at one moment; seconds are of its monotonic clock."""

    open_chats: int
    serving: bool
    listening: bool
    unconfirmed_seconds: float | None
    """For how long the line of publications has given no sign of life; None before the first."""
    heard: LiveRevision | None
    heard_at: float


class Heartbeat:
    """Renews one process' row; ``run`` is one task of the process, ``close`` comes after it has ended."""

    def __init__(self, pool: DatabasePool, cache: StateCache, vitals: Callable[[], Vitals]) -> None:
        self._pool = pool
        self._cache = cache
        self._vitals = vitals
        self._id = uuid4()
        self._started_at = time.monotonic()
        self._newest: int | None = None
        self._behind: dict[str, int] = {}
        self._failing = False

    async def run(self) -> None:
        """Renew the row again and again, until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> bool:
        """Renew the row now; False where the database does not take it, which is said once an outage."""
        try:
            async with self._pool.connection() as connection, answering_within(connection, ANSWER_SECONDS):
                await self._compare(connection)
                await connection.execute(_RENEW, self._row())
                await connection.execute(_SILENT, (FORGOTTEN_AFTER,))
        except (psycopg.Error, PoolTimeout, OSError) as error:
            if not self._failing:
                log.warning("heartbeat_not_stored", error=type(error).__name__)
            self._failing = True
            return False
        self._failing = False
        return True

    async def close(self) -> None:
        """Take the row away: the process has stopped and is not missing."""
        try:
            async with self._pool.connection() as connection, answering_within(connection, CLOSE_SECONDS):
                await connection.execute("DELETE FROM fleet_runtimeprocess WHERE id = %s", (self._id,))
        except (psycopg.Error, PoolTimeout, OSError) as error:
            log.warning("heartbeat_not_removed", error=type(error).__name__)

    async def _compare(self, connection: AsyncConnection[Any]) -> None:
        """Find tenants that are served by an older revision than the published one, by what is new since last time."""
        if self._newest is None:
            cursor = await connection.execute("SELECT coalesce(max(id), 0) FROM registry_publication")
            row = await cursor.fetchone()
            # What was there before was compared by the listener, when it opened its line.
            self._newest = row[0] if row else 0
        cursor = await connection.execute(_NEWEST, (self._newest - OVERLAP, MOST_PUBLICATIONS))
        for number, tenant_id, revision, age in await cursor.fetchall():
            self._newest = max(self._newest, number)
            if age >= GRACE_SECONDS or tenant_id in self._behind:
                self._behind[tenant_id] = max(revision, self._behind.get(tenant_id, 0))
        self._behind = {tenant: revision for tenant, revision in self._behind.items() if self._lags(tenant, revision)}

    def _lags(self, tenant_id: str, revision: int) -> bool:
        handle = self._cache.by_tenant(tenant_id)
        return handle is not None and handle.revision < revision

    def _row(self) -> dict[str, Any]:
        vitals, now = self._vitals(), time.monotonic()
        return {
            "id": self._id,
            "name": f"{socket.gethostname()[:80]}:{os.getpid()}",
            "version": runtime.__version__,
            "chainlit_version": _chainlit_version(),
            "age": now - self._started_at,
            "open_chats": vitals.open_chats,
            "loaded_tenants": len(self._cache),
            "serving": vitals.serving,
            "listening": vitals.listening,
            "unconfirmed": vitals.unconfirmed_seconds,
            "behind": len(self._behind),
            "heard_tenant": vitals.heard.tenant_id if vitals.heard else None,
            "heard_revision": vitals.heard.revision if vitals.heard else None,
            "heard_ago": now - vitals.heard_at if vitals.heard else None,
        }


def _chainlit_version() -> str:
    try:
        return version("chainlit")
    except PackageNotFoundError:
        return ""
