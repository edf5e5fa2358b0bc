"""How the runtime connects to Postgres: one shared pool, and a limit on how long an answer may take."""

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from runtime.config import InvalidSettingError, RuntimeConfig

__all__ = ["DatabasePool", "answering_within", "connection_parameters", "create_pool"]

DatabasePool = AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]

CHECKOUT_SECONDS = 2.0


def connection_parameters() -> dict[str, Any]:
    """Return what every connection of the runtime is opened with, beside the URL."""
    return {
        "autocommit": True,
        "application_name": "chainlit-tenants-runtime",
        "connect_timeout": 5,
        # The kernel gives a peer up that vanished without closing, within about half a minute.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }


def create_pool(config: RuntimeConfig) -> DatabasePool:
    """Return the pool, still closed; connections are autocommit and a checkout fails after two seconds.

    Raises ``InvalidSettingError`` when the address of the database is not one.
    """
    try:
        conninfo_to_dict(config.database_url)
    except psycopg.ProgrammingError:
        # Without its cause, whose text quotes the address and the password in it.
        raise InvalidSettingError("DATABASE_URL", "a Postgres connection URL") from None
    return AsyncConnectionPool(
        config.database_url,
        kwargs=connection_parameters(),
        min_size=1,
        max_size=config.database_pool_size,
        timeout=CHECKOUT_SECONDS,
        check=_expect_open,
        # Short, so that after an outage the next request tries at once: the pool's own pauses double without end.
        reconnect_timeout=1.0,
        name="runtime",
        open=False,
    )


async def _expect_open(connection: AsyncConnection[Any]) -> None:
    """Raise ``OperationalError`` where the server has ended an idle connection; the pool then takes another one.

    After a restart of the server all that were open are dead, and each would fail somebody's request. Nothing is asked
    of the server: whatever it says unasked on an idle connection is that it is over.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        # Closed, or the pool would take it back and offer it again.
        await connection.close()
        raise psycopg.OperationalError("the server has ended this connection")


@asynccontextmanager
async def answering_within(connection: AsyncConnection[Any], seconds: float) -> AsyncIterator[None]:
    """Break the connection when a block of queries takes longer; the block then fails with ``OperationalError``.

    Cancelling is no way out here: psycopg answers it by waiting for the very server that does not answer.
    """
    timer = asyncio.get_running_loop().call_later(seconds, _hang_up, connection)
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: AsyncConnection[Any]) -> None:
    # A second descriptor of the same socket: libpq sees the end of the stream and reports it in its usual way.
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
