"""Statements in a tenant's schema: one pool for all, nothing left on a connection, and no waiting for what is away."""

import time

import psycopg
import pytest
import structlog
from psycopg_pool import AsyncConnectionPool

from runtime.chainlit_host.history import database as module
from runtime.chainlit_host.history.database import HistoryDatabase, HistoryUnavailableError
from runtime.database import connection_parameters
from tenants.contract.errors import InvalidValueError
from tests.runtime.unreliable import Wire

SCHEMAS = ("pooled_one", "pooled_two")


@pytest.fixture
def schemas(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for schema in SCHEMAS:
            connection.execute(f'CREATE SCHEMA "{schema}"')
            connection.execute(f'CREATE TABLE "{schema}".notes (id int PRIMARY KEY, text text, more jsonb)')
        yield postgres.url
        for schema in SCHEMAS:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def _pool(url, **options):
    parameters = {"kwargs": connection_parameters(), "min_size": 1, "max_size": 2, "timeout": 2.0, "open": False}
    return AsyncConnectionPool(url, **{**parameters, **options})


async def test_each_statement_sees_its_own_schema_and_leaves_the_connection_as_it_was(schemas):
    async with _pool(schemas, max_size=1) as pool:
        database = HistoryDatabase(pool)
        for schema in SCHEMAS:
            await database.fetch(schema, "INSERT INTO notes VALUES ($1, $2, $3)", (1, schema, '{"a": 1}'))
        for schema in SCHEMAS:
            assert await database.fetch(schema, "SELECT text, more FROM notes") == [
                {"text": schema, "more": '{"a": 1}'}
            ]
        async with pool.connection() as connection:
            path = await (await connection.execute("SHOW search_path")).fetchone()
            prepared = await (await connection.execute("SELECT statement FROM pg_prepared_statements")).fetchall()
    assert path == ('"$user", public',)
    assert [statement for (statement,) in prepared if "notes" in statement] == []


async def test_statements_of_one_call_are_one_transaction(schemas):
    async with _pool(schemas) as pool:
        database = HistoryDatabase(pool)
        with pytest.raises(psycopg.IntegrityError):
            await database.fetch_all(
                "pooled_one",
                ("INSERT INTO notes VALUES (7, 'seven')", ()),
                ("INSERT INTO notes VALUES (7, 'again')", ()),
            )
        assert await database.fetch("pooled_one", "SELECT 1 FROM notes WHERE id = 7") == []


async def test_a_schema_that_lags_behind_is_not_there_yet_and_one_with_a_bad_name_never(schemas):
    async with _pool(schemas) as pool:
        database = HistoryDatabase(pool)
        with structlog.testing.capture_logs() as lines, pytest.raises(HistoryUnavailableError):
            await database.fetch("pooled_one", "SELECT newer FROM notes")
        assert lines[0]["reason"] == "UndefinedColumn"
        with pytest.raises(InvalidValueError):
            await database.fetch('public"; DROP', "SELECT 1")


async def test_a_table_that_changes_between_two_tenants_is_read_in_both(schemas):
    async with _pool(schemas, max_size=1) as pool:
        database = HistoryDatabase(pool)
        for schema in SCHEMAS:
            await database.fetch(schema, "INSERT INTO notes VALUES (2, 'two')")
        for _ in range(8):
            await database.fetch("pooled_one", "SELECT * FROM notes WHERE id = 2")
        with psycopg.connect(schemas, autocommit=True) as connection:
            connection.execute("ALTER TABLE pooled_two.notes ADD COLUMN later int")
        assert set((await database.fetch("pooled_two", "SELECT * FROM notes WHERE id = 2"))[0]) >= {"later"}
        assert "later" not in (await database.fetch("pooled_one", "SELECT * FROM notes WHERE id = 2"))[0]


async def test_dead_connections_of_the_pool_cost_no_caller_an_answer(schemas):
    async with _pool(schemas, min_size=2) as pool:
        await pool.wait()
        database = HistoryDatabase(pool)
        with psycopg.connect(schemas, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                (connection_parameters()["application_name"],),
            ).fetchall()
        assert len(cut) >= 2
        assert await database.fetch("pooled_one", "SELECT 1 AS one") == [{"one": 1}]


async def test_a_silent_database_is_given_up_in_time_and_then_not_waited_for(schemas, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(module, "UNREACHABLE_SECONDS", 60.0)
    wire = Wire(schemas)
    async with wire.open() as url, _pool(url, timeout=0.2, min_size=4, max_size=4) as pool:
        await pool.wait()
        database = HistoryDatabase(pool)
        await database.fetch("pooled_one", "SELECT 1")
        wire.fall_silent()
        with structlog.testing.capture_logs() as lines:
            for _ in range(5):
                with pytest.raises(HistoryUnavailableError):
                    await database.fetch("pooled_one", "SELECT 1")
        # Each caller waited for one connection and not for all of them, and the last found none.
        assert [line["reason"] for line in lines] == ["OperationalError"] * 4 + ["PoolTimeout"]
        begun = time.monotonic()
        for _ in range(100):
            with pytest.raises(HistoryUnavailableError):
                await database.fetch("pooled_one", "SELECT 1")
        # A hundred waits for a connection would have been twenty seconds.
        assert time.monotonic() - begun < 10
        wire.speak_again()
