"""The pool of connections: those that a server has ended are nobody's to find out."""

import asyncio

import psycopg
from psycopg_pool import AsyncConnectionPool

from runtime.database import create_pool
from tests.runtime.shells import make_config
from tests.runtime.waiting import until


async def _process_ids(pool: AsyncConnectionPool, number: int) -> set[int]:
    """Have so many connections open at once, and return the processes that serve them."""
    taken = [await pool.getconn() for _ in range(number)]
    for each in taken:
        await pool.putconn(each)
    return {each.info.backend_pid for each in taken}


async def test_connections_that_the_server_has_ended_are_replaced_before_anybody_gets_one(database_url):
    async with create_pool(make_config(database_url)) as pool:
        ended = await _process_ids(pool, 3)
        with psycopg.connect(database_url, autocommit=True) as other:
            for process_id in ended:
                other.execute("SELECT pg_terminate_backend(%s)", (process_id,))
            await until(
                lambda: other.execute(
                    "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s))", (list(ended),)
                ).fetchone()[0]
            )

        async def ask() -> int:
            async with pool.connection() as connection:
                await connection.execute("SELECT 1")
                return connection.info.backend_pid

        assert not ended & set(await asyncio.gather(*(ask() for _ in range(3))))
