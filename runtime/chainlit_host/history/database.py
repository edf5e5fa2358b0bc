"""Statements in a tenant's schema, over the one pool that all tenants share: never a pool a tenant."""

import time
from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader
from psycopg_pool import PoolTimeout

from runtime.database import DatabasePool, answering_within
from tenants.contract.errors import UnavailableError
from tenants.contract.hosts import validate_schema_name

__all__ = ["HistoryDatabase", "HistoryUnavailableError", "Row", "Statement"]

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 5.0
UNREACHABLE_SECONDS = 1.0
"""For how long nobody waits for a database that gave no connection."""

Row: TypeAlias = dict[str, Any]
Statement: TypeAlias = tuple[str, Sequence[Any]]
"""SQL with ``$1`` placeholders, and its values."""

_CONNECTION_LOST = frozenset({None, "57P01"})
"""States of errors that end a connection: it broke, or the server is shutting down."""

_READ_AS_TEXT = ("json", "jsonb", "uuid")
"""Types that are given as text, as asyncpg gives json: Chainlit's own layer parses it."""


class HistoryUnavailableError(UnavailableError):
    """Conversations cannot be read or written just now."""

    def __init__(self) -> None:
        super().__init__(
            "history_unavailable", "Conversations are not available just now; please try again in a moment."
        )


class HistoryDatabase:
    """Runs statements for any tenant. Each call is one transaction, which alone sees the tenant's schema."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._unreachable_until = 0.0

    async def fetch(self, schema: str, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of one statement; see ``fetch_all``."""
        return (await self.fetch_all(schema, (statement, values)))[0]

    async def fetch_all(self, schema: str, *statements: Statement) -> list[list[Row]]:
        """Return the rows of each statement, all seen in one transaction and sent in one round trip.

        Raises ``HistoryUnavailableError`` when the database does not answer or the schema lags behind, and
        ``psycopg.DataError`` or ``psycopg.IntegrityError`` when it refuses the values.
        """
        validate_schema_name(schema)
        if time.monotonic() < self._unreachable_until:
            raise HistoryUnavailableError
        # Connections from before a restart of the server fail once each, and are then replaced by the pool.
        for left in range(self._pool.max_size, -1, -1):
            begun = time.monotonic()
            try:
                return await self._fetch_all(schema, statements)
            except (psycopg.DataError, psycopg.IntegrityError):
                raise
            except PoolTimeout as error:
                self._unreachable_until = time.monotonic() + UNREACHABLE_SECONDS
                raise _unavailable(schema, error) from error
            except psycopg.ProgrammingError as error:
                if error.sqlstate is None:
                    # Not the server's: psycopg has no form for one of the values.
                    raise psycopg.DataError(str(error)) from error
                raise _unavailable(schema, error) from error
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                # A dead connection fails at once; one that took its time belongs to a server that does not answer.
                slow = time.monotonic() - begun > ANSWER_SECONDS / 2
                if slow or not left or error.sqlstate not in _CONNECTION_LOST:
                    raise _unavailable(schema, error) from error
            except psycopg.Error as error:
                raise _unavailable(schema, error) from error
        raise AssertionError("the last attempt returns or raises")

    async def _fetch_all(self, schema: str, statements: Sequence[Statement]) -> list[list[Row]]:
        async with (
            self._pool.connection() as connection,
            answering_within(connection, ANSWER_SECONDS),
            connection.pipeline() as pipeline,
        ):
            # No BEGIN: in a pipeline, everything up to the next sync is one transaction (libpq, "Pipeline Mode").
            # Local to it: the next borrower of this connection finds the default path again.
            await connection.execute("SELECT set_config('search_path', %s, true)", (schema,))
            cursors = [await _execute(connection, statement) for statement in statements]
            await pipeline.sync()
            return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


async def _execute(connection: AsyncConnection[Any], statement: Statement) -> AsyncRawCursor[Row]:
    cursor = AsyncRawCursor(connection, row_factory=dict_row)
    for name in _READ_AS_TEXT:
        cursor.adapters.register_loader(name, TextLoader)
    text, values = statement
    # Never a prepared statement: its result type is that of the schema it was prepared in, and while tenants are
    # migrated one after the other two schemas differ.
    await cursor.execute(text, values, prepare=False)
    return cursor


def _unavailable(schema: str, error: psycopg.Error) -> HistoryUnavailableError:
    log.warning("history_not_reached", schema=schema, reason=type(error).__name__, detail=str(error)[:300])
    return HistoryUnavailableError()
