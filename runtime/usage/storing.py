"""Puts what was counted into the database, every few seconds and at the end of the process.

Each batch has the process' name and a number, which are stored with it in the same transaction: a batch whose
connection broke while it was stored is offered again and then counts once.
"""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any, LiteralString
from uuid import uuid4

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

from runtime.database import DatabasePool, answering_within
from runtime.usage.counting import UsageBatch, UsageCounter

__all__ = ["UsageStore"]

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 5.0
ANSWER_SECONDS = 10.0
CLOSE_SECONDS = 2.0
EPOCH = date(1970, 1, 1)

# Rows are locked in the order of tenants and people, so that processes do not wait for each other in a circle. Where
# they do all the same, at midnight, Postgres refuses one of them, which tries again.
_ONCE: LiteralString = """
INSERT INTO usage_writer AS known (id, sequence, stored_at) VALUES (%s, %s, now())
ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, stored_at = excluded.stored_at
WHERE known.sequence < excluded.sequence
RETURNING id"""

# Whoever is not yet counted on the day: new, last seen on another one, or on a later one and not on this.
_PEOPLE: LiteralString = """
WITH counted AS (
    INSERT INTO usage_knownperson AS known (tenant_id, person, last_day, earlier_day)
    SELECT seen.tenant_id, decode(seen.person, 'hex'), %(day)s, NULL
    FROM jsonb_to_recordset(%(people)s::jsonb) AS seen (tenant_id uuid, person text)
    JOIN registry_tenant tenant ON tenant.id = seen.tenant_id
    ORDER BY seen.tenant_id, seen.person
    ON CONFLICT (tenant_id, person) DO UPDATE SET
        last_day = greatest(known.last_day, excluded.last_day),
        earlier_day = least(known.last_day, excluded.last_day)
    WHERE known.last_day < excluded.last_day
        OR known.last_day > excluded.last_day
        AND (known.earlier_day IS NULL OR known.earlier_day < excluded.last_day)
    RETURNING tenant_id
)
SELECT tenant_id::text, count(*) FROM counted GROUP BY tenant_id"""

_DAYS: LiteralString = """
INSERT INTO usage_tenantday AS known (tenant_id, day, messages, people, errors, tokens, answers)
SELECT seen.tenant_id, seen.day, seen.messages, seen.people, seen.errors, seen.tokens, seen.answers
FROM jsonb_to_recordset(%s::jsonb) AS seen (
    tenant_id uuid, day date, messages bigint, people bigint, errors bigint, tokens bigint, answers bigint[]
)
JOIN registry_tenant tenant ON tenant.id = seen.tenant_id
ORDER BY seen.day, seen.tenant_id
ON CONFLICT (tenant_id, day) DO UPDATE SET
    messages = known.messages + excluded.messages,
    people = known.people + excluded.people,
    errors = known.errors + excluded.errors,
    tokens = known.tokens + excluded.tokens,
    answers = ARRAY(
        SELECT coalesce(before, 0) + coalesce(more, 0)
        FROM unnest(known.answers, excluded.answers) WITH ORDINALITY AS bucket (before, more, place)
        ORDER BY place
    )"""

_TOKENS: LiteralString = """
INSERT INTO usage_modeltokens AS known (tenant_id, day, model, tokens)
SELECT seen.tenant_id, seen.day, seen.model, seen.tokens
FROM jsonb_to_recordset(%s::jsonb) AS seen (tenant_id uuid, day date, model text, tokens bigint)
JOIN registry_tenant tenant ON tenant.id = seen.tenant_id
ORDER BY seen.day, seen.tenant_id, seen.model
ON CONFLICT (tenant_id, day, model) DO UPDATE SET tokens = known.tokens + excluded.tokens"""


class UsageStore:
    """Stores one counter's batches; ``run`` is one task of the process, ``close`` comes after it has ended."""

    def __init__(self, counter: UsageCounter, pool: DatabasePool) -> None:
        self._counter = counter
        self._pool = pool
        self._name = uuid4()
        self._sequence = 0
        self._failing = False

    @property
    def waiting(self) -> int:
        """How many records are not stored yet."""
        return self._counter.waiting

    @property
    def uncounted_people(self) -> int:
        """How many people were left out since the start."""
        return self._counter.uncounted_people

    async def run(self) -> None:
        """Store what was counted, again and again, until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.store()

    async def store(self, *, within_seconds: float = ANSWER_SECONDS) -> bool:
        """Store what was counted so far; False when it could not be, and will be tried again."""
        batch = self._counter.take()
        if batch is None:
            return True
        try:
            async with (
                self._pool.connection() as connection,
                answering_within(connection, within_seconds),
                connection.transaction(),
            ):
                await self._store(connection, batch)
        except (psycopg.Error, PoolTimeout, OSError) as error:
            if not self._failing:
                log.warning("usage_not_stored", error=type(error).__name__)
            self._failing = True
            return False
        self._counter.stored()
        self._sequence += 1
        if self._failing:
            log.info("usage_stored_after_all")
        self._failing = False
        return True

    async def close(self) -> None:
        """Store the rest, for a few seconds at most; what cannot be stored then is lost, which the log says."""
        # Twice: a batch that could not be stored before, and what was counted since.
        while self._counter.waiting and await self.store(within_seconds=CLOSE_SECONDS):
            continue
        if self._counter.waiting:
            log.error("usage_lost", records=self._counter.waiting)

    async def _store(self, connection: AsyncConnection[Any], batch: UsageBatch) -> None:
        cursor = await connection.execute(_ONCE, (self._name, self._sequence + 1))
        if await cursor.fetchone() is None:
            return
        people: dict[tuple[str, int], int] = {}
        for day, rows in _people_by_day(batch):
            cursor = await connection.execute(
                _PEOPLE, {"day": EPOCH + timedelta(days=day), "people": _json(list(rows))}
            )
            people.update({(tenant_id, day): number for tenant_id, number in await cursor.fetchall()})
        days = [
            {
                "tenant_id": tenant_id,
                "day": _iso(day),
                "messages": counts.messages,
                "people": people.get((tenant_id, day), 0),
                "errors": counts.errors,
                "tokens": sum(counts.tokens.values()),
                "answers": counts.answers,
            }
            for (tenant_id, day), counts in batch.items()
        ]
        await connection.execute(_DAYS, (_json(days),))
        tokens = [
            {"tenant_id": tenant_id, "day": _iso(day), "model": model, "tokens": number}
            for (tenant_id, day), counts in batch.items()
            for model, number in counts.tokens.items()
        ]
        if tokens:
            await connection.execute(_TOKENS, (_json(tokens),))


def _people_by_day(batch: UsageBatch) -> Iterator[tuple[int, Iterator[dict[str, str]]]]:
    by_day = sorted((key for key, counts in batch.items() if counts.people), key=lambda key: key[1])
    for day, keys in groupby(by_day, key=lambda key: key[1]):
        yield (
            day,
            (
                {"tenant_id": tenant_id, "person": person.hex()}
                for tenant_id, _ in keys
                for person in batch[tenant_id, day].people
            ),
        )


def _iso(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def _json(rows: list[dict[str, Any]] | list[dict[str, str]]) -> str:
    return msgspec.json.encode(rows).decode()
