"""The whole stack on one machine: which processes there are, and what each of them is told."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.supervisor.caddy import Caddy
from controlplane.supervisor.credentials import DEMO_ACCOUNTS
from controlplane.supervisor.ports import PortBook
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.preparation import preparation_mark
from controlplane.supervisor.probes import accepts_connections, ask
from controlplane.supervisor.processes import Child
from controlplane.supervisor.seaweedfs import SeaweedFS
from controlplane.supervisor.settings import CHECKOUT, EXAMPLES, SupervisorSettings
from controlplane.supervisor.valkey import Valkey

__all__ = ["Stack"]

_PYTHON = sys.executable
_NOT_FOR_THE_RUNTIME = ("SECRET_KEY",)
"""Apps run inside the runtime; what only the control plane needs stays out of their reach."""


@dataclass(frozen=True)
class Stack:
    """All processes of one installation, made from its settings, its secrets and its ports."""

    settings: SupervisorSettings
    secrets: Mapping[str, str] = field(repr=False)
    ports: PortBook

    @property
    def outbox(self) -> Path:
        """Where mails are put unless MAIL_URL says otherwise."""
        return self.settings.data_directory / "outbox"

    def gather_apps(self) -> None:
        """Put the app that is being written beside the others, before any process looks for apps."""
        if self.settings.app is not None:
            self.settings.app.gather(self._gathered_apps)

    def services(self) -> list[Child]:
        """Return the embedded services and the gateway. Raises StartError when a program is missing."""
        services = [self._postgres(), self._valkey(), self._seaweedfs(), self._gateway()]
        return [service.child() for service in services if service is not None]

    def preparations(self) -> list[Child]:
        """Return what has to run to its end, in this order, before the applications start."""
        steps = [
            self._manage("migrate", "migrate_schemas", "--shared", quiet=True),
            self._manage("migrate", "migrate_schemas", "--tenant", quiet=True),
        ]
        if self.settings.demo:
            steps.append(self._manage("seed", "seed_demo", *self._seeded_app(), more=self._demo_environment()))
        return steps

    def preparation_mark(self) -> str:
        """Return the mark of a database that has been through these preparations."""
        told = {**self._demo_environment(), "app": " ".join(self._seeded_app())} if self.settings.demo else {}
        return preparation_mark(CHECKOUT, told, key=self.secrets["SECRET_KEY"])

    def database_url(self) -> str:
        """Return the URL of the database that all processes share."""
        postgres = self._postgres()
        return self.settings.database_url or (postgres.url if postgres else "")

    def applications(self) -> list[Child]:
        """Return the control plane, the worker, beat and the runtimes."""
        port = self.ports.port("controlplane")
        uvicorn = ("-m", "uvicorn", "controlplane.asgi:application", "--host", "127.0.0.1", "--port", str(port))
        celery = ("-m", "celery", "--quiet", "-A", "controlplane")
        schedule = str(self.settings.data_directory / "run" / "beat-schedule")
        return [
            self._python(
                "controlplane",
                *uvicorn,
                # The gateway is the only client, so what it says about the visitor's address and scheme is true.
                *("--proxy-headers", "--forwarded-allow-ips", "127.0.0.1"),
                # Longer than the gateway keeps an idle connection (two minutes), so that it never reuses a dead one.
                *("--timeout-keep-alive", "150", "--timeout-graceful-shutdown", "5"),
                *("--no-server-header", "--no-access-log"),
                more={"CONTROLPLANE_HOST": "127.0.0.1", "CONTROLPLANE_PORT": str(port)},
                ready=lambda: accepts_connections(port),
            ),
            # Mingle and gossip are for many workers that know each other; they cost a second at the start.
            self._python(
                "worker",
                *(*celery, "worker", "--concurrency", "2", "--without-mingle", "--without-gossip"),
                more={"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"},
            ),
            self._python("beat", *celery, "beat", "--schedule", schedule, "--pidfile", ""),
            *(self._runtime(number) for number in range(1, self.settings.runtime_count + 1)),
        ]

    def healthy(self) -> bool:
        """Tell whether the gateway answers and the control plane finds every component well."""
        answer = self.health()
        return answer is not None and answer[0] == 200

    def health(self) -> tuple[int, bytes] | None:
        """Return status and body of /healthz through the gateway, None when there is no answer."""
        return ask(self.settings.port, "/healthz", host=self.settings.platform_hosts[0])

    def sign_ins(self) -> dict[str, tuple[str, str]]:
        """Return the demo sign-ins: account, then e-mail address and password."""
        return {
            account: (self.settings.inherited.get(f"DEMO_{account}_EMAIL") or email, self._demo_password(account))
            for account, email in DEMO_ACCOUNTS.items()
        }

    def _runtime(self, number: int) -> Child:
        name = "runtime" if number == 1 else f"runtime-{number}"
        port, internal_port = self.ports.port(name), self.ports.port(f"{name}-internal")
        return self._python(
            name,
            "-m",
            "runtime",
            more={
                "CONTROLPLANE_URL": f"http://127.0.0.1:{self.ports.port('controlplane')}",
                "RUNTIME_HOST": "127.0.0.1",
                "RUNTIME_PORT": str(port),
                "RUNTIME_INTERNAL_PORT": str(internal_port),
                "RUNTIME_DATA_DIR": str(self.settings.data_directory / name),
            },
            without=_NOT_FOR_THE_RUNTIME,
            ready=lambda: (ask(internal_port, "/readyz") or (0, b""))[0] == 200,
        )

    def _manage(self, name: str, *arguments: str, more: Mapping[str, str] | None = None, quiet: bool = False) -> Child:
        return self._python(name, str(CHECKOUT / "manage.py"), *arguments, more=more, quiet=quiet)

    def _python(
        self,
        name: str,
        *arguments: str,
        more: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
        ready: Callable[[], bool] = lambda: True,
        quiet: bool = False,
    ) -> Child:
        environment = {**self._environment(), **(more or {})}
        for variable in without:
            environment.pop(variable, None)
        return Child(name, (_PYTHON, *arguments), environment, directory=CHECKOUT, ready=ready, quiet=quiet)

    def _environment(self) -> dict[str, str]:
        """Return what every process of ours is told."""
        settings, secrets = self.settings, self.secrets
        valkey, seaweedfs = self._valkey(), self._seaweedfs()
        passed_on = ("SECRET_KEY", "TENANT_ENCRYPTION_KEYS", "RUNTIME_MASTER_SECRET")
        s3_keys = ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
        return {
            "DJANGO_SETTINGS_MODULE": "controlplane.settings.dev",
            "S3_REGION": "us-east-1",
            "CHAINLIT_APPS_DIR": str(EXAMPLES),
            "LOG_FORMAT": "console",
            "MAIL_URL": self.outbox.as_uri(),
            "ASSETS_BASE_URL": f"{settings.platform_url}/_assets",
            # The gateway leads there on every host, so that nobody's browser has to reach the store itself.
            "UPLOADS_URL": "/_uploads",
            **self._development(),
            **settings.inherited,
            **self._apps(),
            **{name: secrets[name] for name in (*passed_on, *s3_keys)},
            "PORT": str(settings.port),
            "DATA_DIR": str(settings.data_directory),
            "DATABASE_URL": self.database_url(),
            "REDIS_URL": settings.redis_url or (valkey.url if valkey else ""),
            "S3_ENDPOINT_URL": settings.s3_endpoint_url or (seaweedfs.endpoint_url if seaweedfs else ""),
            "ASSETS_PRIVATE_BUCKET": settings.private_bucket,
            "ASSETS_PUBLIC_BUCKET": settings.public_bucket,
            "PLATFORM_URL": settings.platform_url,
            "PLATFORM_HOSTS": ",".join(settings.platform_hosts),
            "TENANT_BASE_DOMAIN": settings.tenant_base_domain,
            "RUNTIME_URL": f"http://127.0.0.1:{self.ports.port('runtime-internal')}",
            "PYTHONUNBUFFERED": "1",
        }

    def _development(self) -> dict[str, str]:
        """Return what the runtime is told while an app is being written; the environment's own values win."""
        return {"RUNTIME_RELOAD": "true", "RUNTIME_SHOW_ERRORS": "true"} if self.settings.app else {}

    def _apps(self) -> dict[str, str]:
        return {"CHAINLIT_APPS_DIR": str(self._gathered_apps)} if self.settings.app else {}

    @property
    def _gathered_apps(self) -> Path:
        return self.settings.data_directory / "run" / "apps"

    def _seeded_app(self) -> tuple[str, ...]:
        app = self.settings.app
        return () if app is None else (f"--app={app.name}", f"--slug={app.slug}", f"--title={app.title}")

    def _demo_environment(self) -> dict[str, str]:
        emails = {f"DEMO_{account}_EMAIL": email for account, (email, _) in self.sign_ins().items()}
        passwords = {f"DEMO_{account}_PASSWORD": password for account, (_, password) in self.sign_ins().items()}
        return emails | passwords

    def _demo_password(self, account: str) -> str:
        return self.secrets[f"DEMO_{account}_PASSWORD"]

    def _postgres(self) -> Postgres | None:
        if self.settings.database_url:
            return None
        return Postgres(
            directory=self.settings.data_directory / "postgres",
            port=self.ports.port("postgres"),
            password=self.secrets["POSTGRES_PASSWORD"],
            administrator_password=self.secrets["POSTGRES_ADMINISTRATOR_PASSWORD"],
            program_directory=self.settings.postgres_programs,
        )

    def _valkey(self) -> Valkey | None:
        if self.settings.redis_url:
            return None
        directory = self.settings.data_directory / "valkey"
        return Valkey(directory, self.ports.port("valkey"), self.secrets["VALKEY_PASSWORD"])

    def _seaweedfs(self) -> SeaweedFS | None:
        if self.settings.s3_endpoint_url:
            return None
        return SeaweedFS(
            directory=self.settings.data_directory / "seaweedfs",
            ports={name: self.ports.port(f"seaweedfs-{name}") for name in SeaweedFS.port_names()},
            access_key_id=self.secrets["S3_ACCESS_KEY_ID"],
            secret_access_key=self.secrets["S3_SECRET_ACCESS_KEY"],
            private_bucket=self.settings.private_bucket,
            public_bucket=self.settings.public_bucket,
        )

    def _gateway(self) -> Caddy:
        seaweedfs = self._seaweedfs()
        names = ("runtime", *(f"runtime-{number}" for number in range(2, self.settings.runtime_count + 1)))
        return Caddy(
            directory=self.settings.data_directory / "gateway",
            port=self.settings.port,
            platform_hosts=self.settings.platform_hosts,
            controlplane=f"127.0.0.1:{self.ports.port('controlplane')}",
            runtimes=tuple(f"127.0.0.1:{self.ports.port(name)}" for name in names),
            s3_endpoint_url=self.settings.s3_endpoint_url or (seaweedfs.endpoint_url if seaweedfs else ""),
            private_bucket=self.settings.private_bucket,
            public_bucket=self.settings.public_bucket,
            cookie_secret=self.secrets["GATEWAY_COOKIE_SECRET"],
        )
