"""What the measured servers stand on: real Postgres and Valkey, the real migrations, tenants by the real services."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.processes import running
from controlplane.supervisor.seaweedfs import SeaweedFS
from controlplane.supervisor.valkey import Valkey

if TYPE_CHECKING:
    from tenants.registry.models import Tenant

__all__ = ["ASSISTANT", "CHECKOUT", "ECHO", "Ground", "host_of", "prepared_ground"]

CHECKOUT = Path(__file__).resolve().parent.parent
ASSISTANT, ECHO = "assistant", "echo"
APP_SOURCES = {ASSISTANT: CHECKOUT / "examples" / "assistant", ECHO: CHECKOUT / "bench" / "app"}
BASE_DOMAIN = "bench.example"


@dataclass
class Ground:
    """Services, settings and folders of one run; tenants are made when a measure asks for them."""

    directory: Path
    postgres: Postgres
    seaweedfs: SeaweedFS = field(repr=False)
    settings: dict[str, str] = field(repr=False)
    _taken_ports: set[int] = field(default_factory=set)
    _tenants: dict[tuple[str, bool], list["Tenant"]] = field(default_factory=dict)

    @property
    def apps(self) -> Path:
        """CHAINLIT_APPS_DIR of our runtimes."""
        return self.directory / "apps"

    def port(self) -> int:
        """Return a free port that nobody else here has."""
        self._taken_ports.add(port := choose_port(self._taken_ports))
        return port

    @contextmanager
    def object_store(self) -> Iterator[None]:
        """Run the store of assets, for the measures that upload something."""
        with running(self.seaweedfs.child(), log_directory=self.directory):
            yield

    def copy_app(self, app: str, destination: Path) -> Path:
        """Copy an app's folder, so that what Chainlit writes into it stays out of the checkout."""
        if not destination.exists():
            shutil.copytree(
                APP_SOURCES[app], destination, ignore=shutil.ignore_patterns(".mypy_cache", "__pycache__", ".files")
            )
        return destination

    def tenants(self, app: str, count: int, *, keep_history: bool = False) -> Sequence["Tenant"]:
        """Return ``count`` tenants of an app, provisioned by the service that operators use.

        Without history unless it is asked for: stock Chainlit, with which they are compared, keeps none either.
        """
        made = self._tenants.setdefault((app, keep_history), [])
        while len(made) < count:
            made.append(self._provision(app, len(made), keep_history=keep_history))
        return made[:count]

    def _provision(self, app: str, number: int, *, keep_history: bool) -> "Tenant":
        from tenants.registry.actor import SYSTEM
        from tenants.registry.models import Provisioning, ProvisioningState
        from tenants.registry.services.provisioning import request_provisioning, run_provisioning
        from tenants.workspace.services.branding import update_branding
        from tenants.workspace.services.history import update_history

        slug = f"{app}-kept-{number}" if keep_history else f"{app}-{number}"
        request = request_provisioning(
            name=f"Customer {number} of {app}", slug=slug, app=app, owner_email=f"owner@{slug}.example", actor=SYSTEM
        )
        state = run_provisioning(request.pk)
        request = Provisioning.objects.select_related("tenant").get(pk=request.pk)
        if state != ProvisioningState.LIVE or request.tenant is None:
            raise RuntimeError(f"{slug} was not provisioned: {request.reason}")
        update_branding(
            request.tenant.pk,
            values={
                "description": f"Answers for the people of customer {number}.",
                "light_primary": "#2563eb", "light_accent": "#f1f5f9", "dark_primary": "#60a5fa",
            },
            actor=SYSTEM,
        )  # fmt: skip
        update_history(request.tenant.pk, enabled=keep_history, actor=SYSTEM)
        request.tenant.refresh_from_db()
        return request.tenant


def host_of(slug: str) -> str:
    """Return the host that a tenant is reached at."""
    return f"{slug}.{BASE_DOMAIN}"


@contextmanager
def prepared_ground() -> Iterator[Ground]:
    """Start the services, migrate, and remove everything at the end."""
    directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-bench-"))
    taken = {(postgres_port := choose_port())}
    taken.add(valkey_port := choose_port(taken))
    postgres = Postgres(
        directory=directory / "postgres", port=postgres_port,
        password=secrets.token_hex(12), administrator_password=secrets.token_hex(12),
    )  # fmt: skip
    valkey = Valkey(directory=directory / "valkey", port=valkey_port, password=secrets.token_hex(12))
    seaweedfs_ports: dict[str, int] = {}
    for name in SeaweedFS.port_names():
        taken.add(port := choose_port(taken))
        seaweedfs_ports[name] = port
    seaweedfs = SeaweedFS(
        directory=directory / "seaweedfs", ports=seaweedfs_ports, access_key_id="bench",
        secret_access_key=secrets.token_hex(16),
    )  # fmt: skip
    settings = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "TENANT_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "RUNTIME_MASTER_SECRET": secrets.token_hex(24),
        "CHAINLIT_APPS_DIR": str(directory / "apps"),
        "LOG_FORMAT": "json",
        "S3_ENDPOINT_URL": seaweedfs.endpoint_url,
        "S3_ACCESS_KEY_ID": seaweedfs.access_key_id,
        "S3_SECRET_ACCESS_KEY": seaweedfs.secret_access_key,
        "ASSETS_BASE_URL": "http://cdn.example",
    }
    ground = Ground(directory, postgres, seaweedfs, settings, _taken_ports=taken)
    try:
        for app in APP_SOURCES:
            ground.copy_app(app, ground.apps / app)
        with running(postgres.child(), valkey.child(), log_directory=directory):
            _migrate(settings)
            yield ground
    finally:
        postgres.remove()
        shutil.rmtree(directory, ignore_errors=True)


def _migrate(settings: dict[str, str]) -> None:
    import django
    from django.core.management import call_command

    os.environ.update(settings)
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "controlplane.settings.prod",
            "SECRET_KEY": secrets.token_hex(24),
            "TENANT_BASE_DOMAIN": BASE_DOMAIN,
        }
    )
    django.setup()
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
