"""Holds a service between two steps of its own: a row that it is about to change is locked until the block ends."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import TypeVar

import psycopg

from controlplane.supervisor.postgres import Postgres
from tests.running_stack import RunningStack, wait_until

__all__ = ["connected", "halted_at", "killed", "rows", "silenced"]

Answer = TypeVar("Answer")


def connected(stack: RunningStack) -> psycopg.Connection:
    """Connect to the stack's database."""
    secrets = json.loads((stack.directory / "secrets.json").read_text())
    ports = json.loads((stack.directory / "run" / "ports.json").read_text())
    server = Postgres(
        directory=stack.directory / "postgres",
        port=ports["postgres"],
        password=secrets["POSTGRES_PASSWORD"],
        administrator_password=secrets["POSTGRES_ADMINISTRATOR_PASSWORD"],
    )
    return psycopg.connect(server.url, autocommit=True)


def rows(stack: RunningStack, query: str, *values: object, tenant: str = "globex") -> list[tuple]:
    """Return the rows of a query, in a tenant's schema."""
    with closing(connected(stack)) as connection:
        _enter(connection, tenant)
        return connection.execute(query, values).fetchall()


@contextmanager
def killed(stack: RunningStack, name: str, by: signal.Signals = signal.SIGKILL) -> Iterator[None]:
    """Kill a part, and let it come back only when the block ends."""
    with stack.supervisor_paused():
        os.kill(stack.pid(name), by)
        yield
    stack.wait_healthy()


@contextmanager
def silenced(stack: RunningStack, name: str) -> Iterator[None]:
    """Let a part keep its connections and answer nothing until the block ends."""
    pid = stack.pid(name)
    with stack.supervisor_paused():
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
    stack.wait_healthy()


@contextmanager
def halted_at(
    stack: RunningStack, email: str, doing: Callable[[], Answer], *, tenant: str = "globex"
) -> Iterator[Future[Answer]]:
    """Do something up to where it changes a member; the block runs while it waits there. Yields what it comes to."""
    # What waits is looked for by another connection: within a transaction the server says each time what it said first.
    with (
        closing(connected(stack)) as connection,
        closing(connected(stack)) as watching,
        ThreadPoolExecutor(1) as threads,
    ):
        _enter(connection, tenant)
        connection.autocommit = False
        connection.execute("SELECT id FROM workspace_member WHERE email = %s FOR UPDATE", [email]).fetchone()
        under_way = threads.submit(doing)

        def is_waiting() -> bool:
            if under_way.done():
                raise AssertionError(f"nothing changed {email}: {under_way.result()}")
            waiting = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
            return watching.execute(waiting, [connection.info.backend_pid]).fetchone() is not None

        wait_until(is_waiting, what=f"a change of {email}")
        yield under_way
        with suppress(psycopg.OperationalError):  # a server that was killed has let go of the row
            connection.rollback()


def _enter(connection: psycopg.Connection, tenant: str) -> None:
    found = connection.execute("SELECT schema_name FROM registry_tenant WHERE slug = %s", [tenant]).fetchone()
    connection.execute(psycopg.sql.SQL("SET search_path TO {}, public").format(psycopg.sql.Identifier(*found)))
