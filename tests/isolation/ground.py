"""Runtime processes under attack, and the line on which the attacker publishes what a tenant changes."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from tenants.contract.secrets import SecretBox
from tests.isolation.forking import Forked, ForkServer
from tests.isolation.stores import Stores
from tests.isolation.tenants import Tenant, make_tenants, members_of
from tests.isolation.wire import begin_dialling, dial, hang_up_everywhere

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
MASTER_SECRET = "the master secret that all processes share"


@dataclass
class Ground:
    """Tenants, and the processes that serve them."""

    tenants: list[Tenant]
    ports: list[int]
    folder: Path
    box: SecretBox
    database_url: str
    floating: str = "floating.localhost"
    """A host that moves between tenants."""
    published: dict[str, str] = field(default_factory=dict)
    """The path of a published file of each tenant, by its slug."""
    _publishing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def publish(self, *tenants: Tenant) -> None:
        """Publish tenants anew in every process, and wait until all have it."""
        for tenant in tenants:
            tenant.revision += 1
        published = [(tenant.revision, tenant.document(self.box)) for tenant in tenants]
        async with self._publishing:
            await self._send({"publish": published})
        for tenant, (revision, _) in zip(tenants, published, strict=True):
            tenant.live = max(tenant.live, revision)

    async def _send(self, command: object) -> None:
        for reader, writer in self._lines:
            writer.write(json.dumps(command).encode() + b"\n")
            await writer.drain()
            assert await reader.readline() == b"done\n", self.log

    async def open(self, port: int) -> None:
        """Open the line to a process."""
        self._lines.append(await dial(port))

    @property
    def log(self) -> str:
        """Everything the processes have written."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("log-*")))


@asynccontextmanager
async def attacked_ground(
    folder: Path,
    rng: random.Random,
    forks: ForkServer,
    stores: Stores,
    *,
    tenants: int,
    processes: int = 1,
    mutation: str = "",
    provider: str = "",
) -> AsyncIterator[Ground]:
    """Start runtimes with so many tenants, published and ready; end them afterwards."""
    key = Fernet.generate_key().decode()
    begin_dialling()
    made = make_tenants(tenants, rng, schemas=stores.next_prefix())
    stores.create_schemas([tenant.schema for tenant in made if tenant.keeps])
    for tenant in made:
        tenant.identity_provider = provider
    ports: list[int] = []
    for _ in range(2 * processes):
        ports.append(choose_port(set(ports)))
    ground = Ground(made, ports[:processes], folder, SecretBox([key]), stores.database_url)
    made[0].hosts.append(ground.floating)
    _make_apps(folder / "apps")
    ground.published = await stores.publish_files({each.slug: (each.tenant_id, each.canary) for each in made})
    for tenant in made:
        tenant.published = ground.published[tenant.slug]
    running = [
        _start(
            forks,
            folder,
            number,
            _settings(folder, key, made, stores, port=port, control_port=control, mutation=mutation),
        )
        for number, (port, control) in enumerate(zip(ports[:processes], ports[processes:], strict=True))
    ]
    try:
        for process, control in zip(running, ports[processes:], strict=True):
            await _until_open(ground, process, control)
        await ground.publish(*made)
        yield ground
    finally:
        await hang_up_everywhere()
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=20)


def _make_apps(folder: Path) -> None:
    """Make the two apps: one with a data layer of its own, and the same one with the platform's."""
    source = CHECKOUT / "tests" / "isolation" / "app"
    (folder / "kept").mkdir(parents=True)
    (folder / "rich").symlink_to(source)
    for path in source.iterdir():
        if path.name != ".env":
            (folder / "kept" / path.name).symlink_to(path)
    environment = (source / ".env").read_text(encoding="utf-8")
    (folder / "kept" / ".env").write_text(f"{environment}CONVERSATIONS=platform\n", encoding="utf-8")


def _settings(folder: Path, key: str, tenants: list[Tenant], stores: Stores, **process: object) -> dict[str, object]:
    config = {
        "database_url": stores.database_url,
        "object_store": stores.object_store,
        "public_store": stores.public_store,
        "master_secret": MASTER_SECRET,
        "encryption_keys": [key],
        "apps_dir": str(folder / "apps"),
        "data_dir": str(folder / "data"),
        "platform_url": "http://localhost:8000",
    }
    return {"config": config, "members": members_of(tenants), **process}


def _start(forks: ForkServer, folder: Path, number: int, settings: dict[str, object]) -> Forked:
    path = folder / f"settings-{number}.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return forks.start(path, folder / f"log-{number}")


async def _until_open(ground: Ground, process: Forked, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.poll() is None, ground.log
            try:
                await ground.open(port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return
