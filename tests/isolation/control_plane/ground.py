"""A control plane under attack, its tenants, and the line on which people of the tenants are given what they need."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.probes import accepts_connections
from controlplane.supervisor.valkey import Valkey
from tests.isolation.control_plane.cast import Site
from tests.isolation.control_plane.provider import GrantingProvider
from tests.isolation.forking import CHECKOUT, Forked, ForkServer
from tests.isolation.wire import begin_dialling, dial, hang_up_everywhere
from tests.tenants.identity.oidc.provider import running_provider
from tests.tenants.identity.saml.identity_provider import IdentityProvider

__all__ = ["Ground", "Prepared", "attacked_control_plane", "prepared_control_plane"]

DATABASE = "attacked_control_plane"
REDIS_DATABASE = 9
"""Not the suite's own: nobody works on the tasks that are queued here."""
START_SECONDS = 90


@dataclass(frozen=True)
class Prepared:
    """What all attacks of a session share."""

    sites: list[Site]
    forks: ForkServer
    provider: GrantingProvider
    saml: IdentityProvider


@dataclass
class Ground:
    """One process under attack."""

    port: int
    provider: GrantingProvider
    saml: IdentityProvider
    log_path: Path
    issued: list[str] = field(default_factory=list)
    """Secrets that people were given."""
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _ordering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def order(self, **values: str) -> dict[str, Any]:
        """Have something issued (``tests.isolation.control_plane.issuing``)."""
        assert self._line is not None
        reader, writer = self._line
        async with self._ordering:
            writer.write(json.dumps(values).encode() + b"\n")
            await writer.drain()
            line = await reader.readline()
        assert line, self.log
        issued: dict[str, Any] = json.loads(line)
        self.issued.append(issued.get("secret") or issued["path"].rstrip("/").rpartition("/")[2])
        return issued

    async def open(self, port: int) -> None:
        """Open the line to the process."""
        self._line = await dial(port)

    @property
    def log(self) -> str:
        """Everything the process has written."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")


@contextmanager
def prepared_control_plane(postgres: Postgres, valkey: Valkey, *, tenants: int) -> Iterator[Prepared]:
    """Make the tenants in a database of their own, which is removed in the end."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.isolation.control_plane.settings",
        "DATABASE_URL": replace(postgres, database=DATABASE).url,
        "REDIS_URL": f"{valkey.url.rpartition('/')[0]}/{REDIS_DATABASE}",
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.1/32",
        "SHARED_CALLBACK_URL": "http://localhost:8000",
        "LOG_FORMAT": "json",
    }
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')
        try:
            with (
                running_provider(GrantingProvider) as provider,
                ForkServer("tests.isolation.control_plane.forking", environment) as forks,
            ):
                saml = IdentityProvider()
                yield Prepared(_set_up(environment, tenants, provider, saml), forks, provider, saml)
        finally:
            connection.execute(f'DROP DATABASE "{DATABASE}" WITH (FORCE)')


def _set_up(
    environment: dict[str, str], tenants: int, provider: GrantingProvider, saml: IdentityProvider
) -> list[Site]:
    trusted = {"entity_id": saml.entity_id, "sso_url": saml.sso_url, "certificates": list(saml.certificates)}
    wanted = {"count": tenants, "issuer": provider.issuer, "saml": {**trusted, "vouches_for_email": True}}
    done = subprocess.run(
        [sys.executable, "-m", "tests.isolation.control_plane.setting_up"],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        input=json.dumps(wanted),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Site(**{**each, "hosts": tuple(each["hosts"])}) for each in json.loads(done.stdout.splitlines()[-1])]


@asynccontextmanager
async def attacked_control_plane(folder: Path, prepared: Prepared, *, mutation: str = "") -> AsyncIterator[Ground]:
    """Start a process; end it afterwards."""
    begin_dialling()
    port = choose_port(set())
    control = choose_port({port})
    path, log = folder / "settings.json", folder / "log"
    path.write_text(json.dumps({"port": port, "control_port": control, "mutation": mutation}), encoding="utf-8")
    process = prepared.forks.start(path, log)
    ground = Ground(port, prepared.provider, prepared.saml, log)
    try:
        await _until_open(ground, process, control)
        yield ground
    finally:
        await hang_up_everywhere()
        process.terminate()
        process.wait(timeout=20)


async def _until_open(ground: Ground, process: Forked, control: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not accepts_connections(ground.port):
            assert process.poll() is None, ground.log
            await asyncio.sleep(0.05)
    await ground.open(control)
