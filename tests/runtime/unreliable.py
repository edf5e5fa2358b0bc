"""Ways a database fails: a wire that is cut or goes silent, and a server that is stopped."""

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import psycopg


class Wire:
    """A TCP relay to Postgres. Silent, it keeps connections open and passes nothing: a half-dead network."""

    def __init__(self, database_url):
        self._database_url = database_url
        self._target = urlsplit(database_url)
        self._passing = asyncio.Event()
        self._passing.set()
        self._relays = set()

    def fall_silent(self):
        self._passing.clear()

    def speak_again(self):
        self._passing.set()

    @asynccontextmanager
    async def open(self):
        """Relay until the block ends; yields the database's address by way of the wire."""
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield re.sub(r":\d+/", f":{port}/", self._database_url)
        finally:
            server.close()
            for relay in self._relays:
                relay.cancel()
            await asyncio.gather(*self._relays, return_exceptions=True)
            await server.wait_closed()

    async def _relay(self, reader, writer):
        self._relays.add(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        finally:
            for side in (writer, far_writer):
                side.close()
                with suppress(OSError):
                    await side.wait_closed()
            self._relays.discard(asyncio.current_task())

    async def _pass_on(self, reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def create_registry_tables(database_url):
    """Run the statements of the registry's real migrations on an empty database."""
    from io import StringIO

    from django.core.management import call_command
    from django.db.migrations.loader import MigrationLoader

    plan = MigrationLoader(None).graph
    leaf = plan.leaf_nodes("registry")[0]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for app, name in plan.forwards_plan(leaf):
            # The registry's tables name operators, who are Django's users.
            if app in {"contenttypes", "auth", "registry"}:
                statements = StringIO()
                call_command("sqlmigrate", app, name, stdout=statements, no_color=True)
                connection.execute(statements.getvalue())
