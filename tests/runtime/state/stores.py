"""The three kinds of places that tenants are kept in, each real, behind one set of verbs for the contract's tests."""

import asyncio
import json
import os
import re
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import msgspec
import uvicorn
from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from runtime.database import create_pool
from runtime.state.catalogue import Catalogue
from runtime.state.files import FileStateSource
from runtime.state.http import HttpStateSource, create_client
from runtime.state.postgres import PostgresStateSource
from runtime.state.tenant_file import TenantFileReader
from runtime.state.tenant_folder import TenantFolder
from tenants.contract.secrets import SecretBox
from tenants.contract.state import Branding
from tests.runtime.registry import Registry, make_state
from tests.runtime.shells import make_config
from tests.runtime.unreliable import Wire
from tests.runtime.waiting import until

PAGE = Path(__file__).resolve().parents[3] / "docs" / "state-sources.md"
TOKEN = "only for tests"


def named(slug, **changes):
    """Return a state whose short name no other test has."""
    return make_state(f"{slug}-{uuid.uuid4().hex[:8]}", **changes)


class PostgresStore:
    """The registry's tables, reached over a wire that can fall silent."""

    def __init__(self, database_url):
        self._database_url = database_url

    @asynccontextmanager
    async def open(self):
        self._registry, wire = Registry(self._database_url), Wire(self._database_url)
        async with wire.open() as url:
            pool = create_pool(make_config(url, database_pool_size=4))
            await pool.open(wait=False)
            self._wire = wire
            self.source = PostgresStateSource(pool, url, answer_seconds=0.5, heartbeat_seconds=0.1)
            try:
                yield self
            finally:
                wire.speak_again()
                await pool.close()
                self._registry.close()

    async def add(self, slug, **changes):
        return self._registry.add(slug, **changes)

    async def save(self, state, **changes):
        return self._registry.publish(state, **changes)

    async def spoil(self, state):
        self._registry.publish(state, document='{"id": "nobody"}')

    async def add_spoiled(self, slug):
        state = self._registry.add(slug)
        await self.spoil(state)
        return state

    async def move_host(self, host, source, destination):
        self._registry.move_domain(host, source, destination)

    async def remove(self, state):
        self._registry.remove(state)

    async def go_away(self):
        self._wire.fall_silent()

    async def come_back(self):
        self._wire.speak_again()


class HttpStore:
    """The documentation's example server, under uvicorn; without its stream of changes the runtime polls."""

    def __init__(self, *, streams):
        self._streams = streams
        self.port = choose_port(set())
        self.server = ModuleType("example_server")
        os.environ["STATE_TOKEN"] = TOKEN
        exec(example_server(), vars(self.server))  # noqa: S102 - the page's own code is what is tested
        if not streams:
            self.server.app.router.routes[:] = [
                route for route in self.server.app.router.routes if route.path != "/changes"
            ]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self, app=None):
        self._app = app or self.server.app
        await self.come_back()
        async with create_client(self.url, TOKEN) as client:
            self.source = HttpStateSource(client, poll_seconds=0.05)
            try:
                yield self
            finally:
                await self.go_away()

    async def add(self, slug, **changes):
        return await self.save(named(slug, **changes))

    async def save(self, state, **changes):
        state = msgspec.structs.replace(state, **changes)
        self.server.publish(msgspec.to_builtins(state), state.id)
        return state

    async def spoil(self, state):
        self.server.publish({"id": "nobody", "hosts": state.hosts}, state.id)

    async def add_spoiled(self, slug):
        state = named(slug)
        await self.spoil(state)
        return state

    async def move_host(self, host, source, destination):
        await self.save(source, hosts=tuple(name for name in source.hosts if name != host))
        await self.save(destination, hosts=(*destination.hosts, host))

    async def remove(self, state):
        self.server.publish(None, state.id)

    async def go_away(self):
        if self._serving is None:
            return
        self._uvicorn.should_exit = True
        await self._serving
        self._serving = None

    async def come_back(self):
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=0,  # streams are cut at once, as by a server that dies
        )
        self._uvicorn = _QuietServer(config)
        self._serving = asyncio.create_task(self._uvicorn.serve())
        await until(lambda: self._uvicorn.started)


class _QuietServer(uvicorn.Server):
    def install_signal_handlers(self):
        """Signals are pytest's."""


def example_server():
    """Return the server that docs/state-sources.md shows."""
    return re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


class FileStore:
    """A folder of TOML, saved as editors save: to another name, and renamed."""

    def __init__(self, folder):
        self.folder = folder / "tenants"
        self._away = folder / "away"
        self.folder.mkdir()

    @asynccontextmanager
    async def open(self):
        box = SecretBox([Fernet.generate_key().decode()])
        self.variables = {}
        reader = TenantFileReader(base_domain="localhost", variables=self.variables, secret_box=box)
        self.source = FileStateSource(TenantFolder(self.folder, reader), Catalogue(box), heartbeat_seconds=0.2)
        yield self

    def write(self, name, text):
        folder = self._away if self._away.exists() else self.folder
        draft = folder / f".{name}.draft"
        draft.write_text(text)
        draft.rename(folder / f"{name}.toml")

    async def add(self, slug, **changes):
        return await self.save(named(slug, **changes))

    async def save(self, state, **changes):
        state = msgspec.structs.replace(state, **changes)
        self.write(state.slug, as_toml(state))
        return state

    async def spoil(self, state):
        self.write(state.slug, 'app = "assistant"\nstatus = "sleeping"\n')

    async def add_spoiled(self, slug):
        state = named(slug)
        await self.spoil(state)
        return state

    async def move_host(self, host, source, destination):
        # In the order that cannot be had at once: the second file is refused until the first has let go.
        await self.save(destination, hosts=(*destination.hosts, host))
        await self.save(source, hosts=tuple(name for name in source.hosts if name != host) or ("left.localhost",))

    async def remove(self, state):
        (self.folder / f"{state.slug}.toml").unlink()

    async def go_away(self):
        self.folder.rename(self._away)

    async def come_back(self):
        self._away.rename(self.folder)


def as_toml(state):
    """Return a state as a person would write it."""
    text = [
        f"id = {json.dumps(state.id)}",
        f"name = {json.dumps(state.name)}",
        f"app = {json.dumps(state.app)}",
        f"status = {json.dumps(state.status)}",
        f"hosts = {json.dumps(state.hosts)}",
        f"[branding]\ndisplay_name = {json.dumps(state.branding.display_name)}",
        "[environment]",
        *(f"{name} = {json.dumps(value)}" for name, value in state.environment.items()),
        *(f"[theme.{name}]\n{as_pairs(getattr(state.theme, name))}" for name in ("light", "dark")),
        *(f"[[assets]]\n{as_pairs(msgspec.to_builtins(asset))}" for asset in state.assets),
    ]
    return "\n".join(text) + "\n"


def as_pairs(values):
    return "\n".join(f"{json.dumps(name)} = {_value(value)}" for name, value in values.items() if value is not None)


def _value(value):
    """Return a value as TOML has it, tables within a line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def renamed(display_name):
    """Return the change that gives a tenant another display name."""
    return {"branding": Branding(display_name=display_name)}
