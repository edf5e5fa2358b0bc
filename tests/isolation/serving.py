"""The runtime under attack: the real middleware, resolver, cache, Chainlit host and stores over states in memory.

Run as ``python -m tests.isolation.serving SETTINGS``. Commands come as lines of JSON on a port of their own, which no
attack knows. ``mutation`` in the settings names one guard that is taken out before anything is served.
"""

import asyncio
import json
import sys
from collections.abc import Collection, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.__main__ import Server, bind, server_config
from runtime.chainlit_host import install
from runtime.chainlit_host.process import boot
from runtime.config import RuntimeConfig
from runtime.live import EVENTS_PATH, LiveStreams
from runtime.logs import configure_logging
from runtime.metrics import Metrics
from runtime.middleware.edge import Edge
from runtime.middleware.resolve import ResolveTenant
from runtime.previews.frames import PreviewFrames
from runtime.previews.source import PostgresPreviews
from runtime.published.keys import PREFIX as PUBLISHED_FILES
from runtime.resources import resources
from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.resolver import Resolver
from runtime.state.source import LiveRevision, StoredState
from runtime.tenancy import TenantHandle
from tenants.contract.secrets import SecretBox
from tests.isolation.mutations import MUTATIONS
from tests.runtime.chainlit_host.serving import Members, make_config, make_services

LONGEST_ORDER = 2**22
"""Bytes of a line of commands: it can hold the documents of twenty tenants."""


class MemorySource:
    """Live states by host, as the registry holds them."""

    def __init__(self) -> None:
        self._stored: dict[str, StoredState] = {}
        self._owners: dict[str, str] = {}

    def store(self, revision: int, document: dict[str, Any]) -> StoredState:
        stored = StoredState(document["id"], revision, "", json.dumps(document))
        self._stored[document["id"]] = stored
        for host in [host for host, owner in self._owners.items() if owner == document["id"]]:
            del self._owners[host]
        self._owners.update(dict.fromkeys(document["hosts"], document["id"]))
        return stored

    async def fetch_by_host(self, host: str) -> StoredState | None:
        return self._stored.get(self._owners.get(host, ""))

    async def fetch_revision_by_host(self, host: str) -> LiveRevision | None:
        stored = await self.fetch_by_host(host)
        return None if stored is None else LiveRevision(stored.tenant_id, stored.revision)

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        return [self._stored[tenant_id] for tenant_id in tenant_ids if tenant_id in self._stored]


class Runtime:
    """One process: what ``runtime.app.Application`` puts together, with the memory in the place of the registry."""

    def __init__(self, settings: dict[str, Any]) -> None:
        config = make_config(settings["config"])
        self._source, self._freshness = MemorySource(), Freshness()
        self._cache = StateCache(SecretBox(config.encryption_keys))
        self._freshness.start_listening()
        resolver = Resolver(self._source, self._cache, self._freshness, stale_limit_seconds=60)  # type: ignore[arg-type]
        self._services = make_services(config, Members(settings["members"]))
        self._host = install(config, self._services)
        streams = LiveStreams(self._host.describe)
        self._cache.on_change.append(streams.on_change)
        beside = {EVENTS_PATH: streams, PUBLISHED_FILES: self._services.published}
        pool = self._services.pool
        assert pool is not None
        self._previews = PreviewFrames(
            self._host.asgi,
            PostgresPreviews(pool),
            describe=self._host.describe,
            forget=self._forget_preview,
            master_secret=config.master_secret,
            secret_box=SecretBox(config.encryption_keys),
            review_seconds=0.2,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        resolve = ResolveTenant(self._previews, resolver, self._cache, beside=beside)
        self.app = Edge(resolve, counts=Metrics().requests)
        self._config = replace(config, host="127.0.0.1", port=settings["port"], trusted_proxies=())

    async def serve(self, control_port: int) -> None:
        assert self._services.pool is not None
        await self._services.pool.open()
        await self._host.start()
        self._run(self._previews.run())
        control = await asyncio.start_server(self._obey, "127.0.0.1", control_port, limit=LONGEST_ORDER)
        server = Server(server_config(self._config, self.app))
        async with control:
            serving = asyncio.create_task(server.serve(sockets=[bind("127.0.0.1", self._config.port)]))
            await serving
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.pool.close()

    def _forget_preview(self, handle: TenantHandle) -> None:
        resources.forget(handle.partition)
        self._run(self._host.close_preview(handle))

    def _run(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            published = json.loads(line)["publish"]
            stored = [self._source.store(revision, document) for revision, document in published]
            self._cache.hear(LiveRevision(each.tenant_id, each.revision) for each in stored)
            self._cache.apply([each.tenant_id for each in stored], stored)
            writer.write(b"done\n")
            await writer.drain()
        writer.close()


def undo_guard(name: str) -> None:
    """Take a guard out as soon as Chainlit is imported, before anything is put in its place."""
    import_chainlit = boot.import_chainlit

    def import_then_undo(config: RuntimeConfig) -> None:
        import_chainlit(config)
        MUTATIONS[name].undo()

    boot.import_chainlit = import_then_undo


def main(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    configure_logging("json")
    if name := settings.get("mutation"):
        undo_guard(name)
    runtime = Runtime(settings)
    with asyncio.Runner() as runner:
        runner.run(runtime.serve(settings["control_port"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
