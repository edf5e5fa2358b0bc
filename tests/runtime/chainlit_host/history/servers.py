"""Services of these tests alone, to be stopped and started, and the tables of conversations in tenants' schemas."""

import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import schema_context

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.processes import running
from controlplane.supervisor.seaweedfs import SeaweedFS


class Service:
    """A Postgres or a SeaweedFS that runs, or not."""

    def __init__(self, service: Postgres | SeaweedFS, folder: Path) -> None:
        self.service: Any = service
        self._folder = folder
        self._process = ExitStack()

    def start(self) -> None:
        self._process.enter_context(running(self.service.child(), log_directory=self._folder))

    def stop(self) -> None:
        self._process.close()


def make_postgres(folder: Path) -> Service:
    passwords = {name: secrets.token_hex(8) for name in ("password", "administrator_password")}
    return Service(Postgres(directory=folder / "postgres", port=choose_port(set()), **passwords), folder)


def make_seaweedfs(folder: Path) -> Service:
    taken: set[int] = set()
    for _ in SeaweedFS.port_names():
        taken.add(choose_port(taken))
    store = SeaweedFS(
        directory=folder / "seaweedfs",
        ports=dict(zip(SeaweedFS.port_names(), sorted(taken), strict=True)),
        access_key_id=secrets.token_hex(8),
        secret_access_key=secrets.token_hex(16),
    )
    return Service(store, folder)


def create_tables(database_url: str, schemas: Iterable[str]) -> None:
    """Make each schema with the tables of conversations."""
    statements = statements_of_tables()
    with psycopg.connect(database_url, autocommit=True) as connection:
        for schema in schemas:
            connection.execute(f'CREATE SCHEMA "{schema}"')
            connection.execute(f'SET search_path TO "{schema}"')
            connection.execute(statements)


def statements_of_tables() -> str:
    """Return what the conversations' real migrations do in a schema."""
    graph = MigrationLoader(None).graph
    statements = StringIO()
    # django-tenants makes no statements for a tenant's tables while the public schema is bound.
    with schema_context("a_tenant"):
        for app, name in graph.forwards_plan(graph.leaf_nodes("conversations")[0]):
            call_command("sqlmigrate", app, name, stdout=statements, no_color=True)
    return statements.getvalue()
