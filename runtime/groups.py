"""In which groups of the tenant's directory somebody is: read from the tenant's schema, and remembered for a while.

Flags are evaluated without waiting, so what is known is given at once, and renewed beside it.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Protocol

import psycopg
import structlog
from psycopg import sql

from runtime.database import DatabasePool, answering_within
from tenants.contract.hosts import validate_schema_name
from tenants.contract.state import TenantState

__all__ = ["DirectoryGroups", "Groups", "NoGroups"]

log = structlog.get_logger(__name__)

FRESH_SECONDS = 30.0
ANSWER_SECONDS = 2.0
MOST_PEOPLE = 20_000

_GROUPS_OF = """
SELECT lower("group".display_name)
FROM {schema}.identity_scimgroup "group"
JOIN {schema}.identity_scimgroup_members belongs ON belongs.scimgroup_id = "group".id
JOIN {schema}.workspace_member member ON member.id = belongs.member_id
WHERE member.email = %s
"""

Key = tuple[str, str]


class Groups(Protocol):
    """Who can say in which groups somebody is."""

    def known(self, state: TenantState, email: str) -> frozenset[str]:
        """Return the names of a member's groups, in lower case, as far as they are known now."""

    async def refresh(self, state: TenantState, email: str) -> None:
        """Wait until what ``known`` says is no older than half a minute, unless it cannot be read."""


class NoGroups:
    """For where there is no directory."""

    def known(self, state: TenantState, email: str) -> frozenset[str]:
        """See ``Groups``."""
        return frozenset()

    async def refresh(self, state: TenantState, email: str) -> None:
        """See ``Groups``."""


class DirectoryGroups:
    """Reads through the shared pool, and remembers a bounded number of people."""

    def __init__(self, pool: DatabasePool, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._pool = pool
        self._fresh_seconds = fresh_seconds
        self._known: OrderedDict[Key, tuple[float, frozenset[str]]] = OrderedDict()
        self._reading: dict[Key, asyncio.Task[None]] = {}

    def known(self, state: TenantState, email: str) -> frozenset[str]:
        """See ``Groups``; what is old is read anew beside it, for the next who asks."""
        read_at, groups = self._known.get((state.id, email), (0.0, frozenset()))
        if time.monotonic() - read_at > self._fresh_seconds:
            try:
                self._read_beside(state, email)
            except RuntimeError:
                # In a thread there is no loop to read in; the next event renews it.
                return groups
        return groups

    async def refresh(self, state: TenantState, email: str) -> None:
        """See ``Groups``."""
        entry = self._known.get((state.id, email))
        if entry is None or time.monotonic() - entry[0] > self._fresh_seconds:
            await asyncio.shield(self._read_beside(state, email))

    def _read_beside(self, state: TenantState, email: str) -> asyncio.Task[None]:
        key = (state.id, email)
        task = self._reading.get(key)
        if task is None:
            loop = asyncio.get_running_loop()
            task = self._reading[key] = loop.create_task(self._read(key, state))
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        return task

    async def _read(self, key: Key, state: TenantState) -> None:
        statement = sql.SQL(_GROUPS_OF).format(schema=sql.Identifier(validate_schema_name(state.schema)))
        try:
            async with self._pool.connection() as connection, answering_within(connection, ANSWER_SECONDS):
                cursor = await connection.execute(statement, (key[1],))
                groups = frozenset(name for (name,) in await cursor.fetchall())
        except (psycopg.Error, OSError) as error:
            # People go on chatting with what was known.
            log.warning("groups_not_read", tenant=state.slug, reason=type(error).__name__)
            groups = self._known.get(key, (0.0, frozenset()))[1]
        self._known[key] = (time.monotonic(), groups)
        self._known.move_to_end(key)
        if len(self._known) > MOST_PEOPLE:
            self._known.popitem(last=False)
