"""The runtime's shell around the probe app: in this process, with or without a network."""

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from runtime.__main__ import Server, bind, server_config
from runtime.app import build_app
from runtime.config import RuntimeConfig
from tests.runtime.probe import ProbeHost
from tests.runtime.waiting import until


def make_config(database_url, **changes):
    """Return settings for tests: free ports, a throw-away key."""
    return replace(
        RuntimeConfig(
            database_url=database_url,
            master_secret="only for tests",
            encryption_keys=(Fernet.generate_key().decode(),),
            apps_dir=Path(),
            data_dir=Path(),
            platform_url="http://localhost:8000",
            port=0,
            internal_port=0,
        ),
        **changes,
    )


@dataclass
class Shell:
    """A started application with a client for each of its two faces."""

    application: object
    host: ProbeHost
    client: httpx.AsyncClient
    internal: httpx.AsyncClient

    async def get(self, host, path="/", **headers):
        """Return the answer of a host, asked as a program does; ``accept`` and others may be given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={"host": host, **named})

    async def name_of(self, host):
        """Return the display name under which a host is served."""
        return (await self.get(host)).json().get("name")

    async def ready(self):
        """Return what ``/readyz`` says."""
        return (await self.internal.get("/readyz")).json()

    async def metric(self, name):
        """Return the value of a metric without labels (or with them, written out)."""
        text = (await self.internal.get("/metrics")).text
        return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))


@asynccontextmanager
async def running_shell(config, *, wait_until_listening=True):
    """Run the shell without a network."""
    hosts = []

    def install(config, services):
        hosts.append(ProbeHost(config, services))
        return hosts[0]

    application = build_app(config, install_apps=install)
    await application.start()
    try:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://unset") as client,
            httpx.AsyncClient(transport=httpx.ASGITransport(application.internal), base_url="http://unset") as internal,
        ):
            shell = Shell(application, hosts[0], client, internal)
            if wait_until_listening:
                await until(lambda: _listening(shell))
            yield shell
    finally:
        await application.stop()


async def _listening(shell):
    return (await shell.ready())["listening"]


@asynccontextmanager
async def serving(shell, **changes):
    """Serve a shell with uvicorn as ``python -m runtime`` does; yields its port."""
    listening: socket.socket = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Server(server_config(make_config("", port=port, **changes), shell.application))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield port
    finally:
        server.should_exit = True
        await task
