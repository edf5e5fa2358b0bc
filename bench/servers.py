"""The four servers that are compared, each started as its users start it, on a free loopback port."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ground import CHECKOUT, Ground
from bench.keepalive import LOOPBACK, KeptConnection
from bench.rows import Subject
from controlplane.supervisor.processes import Child, running

__all__ = ["Server", "Target", "bare", "our_runtime", "serving", "stock", "worker"]

LAUNCHERS = Path(__file__).resolve().parent / "launchers"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be started, and the hosts to ask it for."""

    subject: Subject
    child: Child
    port: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs."""

    subject: Subject
    port: int
    hosts: tuple[str, ...]
    pid: int


def bare(ground: Ground) -> Server:
    """Return an ASGI function under the runtime's own server: what no application can exceed."""
    port = ground.port()
    child = Child(
        name=f"bare-{port}", argv=(sys.executable, str(LAUNCHERS / "bare.py"), str(port)),
        environment=_environment(ground), directory=ground.directory, ready=lambda: _answers(port, "/"),
    )  # fmt: skip
    return Server(Subject.BARE, child, port, (f"{LOOPBACK}:{port}",))


def stock(ground: Ground, subject: Subject, app: str, *, keep_in: str = "") -> Server:
    """Return stock Chainlit serving one app, as installed or with our server settings.

    With ``keep_in``, a schema, it keeps conversations there by its official data layer.
    """
    mode = {Subject.INSTALLED: "installed", Subject.EQUAL: "equal"}[subject]
    folder = ground.copy_app(app, ground.directory / "stock" / mode / app)
    port = ground.port()
    kept = {"DATABASE_URL": f"{ground.postgres.url}?search_path={keep_in}"} if keep_in else {}
    child = Child(
        name=f"stock-{mode}-{port}", argv=(sys.executable, str(LAUNCHERS / "stock.py"), mode, str(port), "main.py"),
        environment=_environment(ground) | kept, directory=folder, ready=lambda: _answers(port, "/"),
    )  # fmt: skip
    return Server(subject, child, port, (f"{LOOPBACK}:{port}",))


def our_runtime(ground: Ground, hosts: Sequence[str]) -> Server:
    """Return a runtime process, ready when it listens for publications and has loaded its apps."""
    port, internal_port = ground.port(), ground.port()
    environment = {
        **_environment(ground),
        **ground.settings,
        "RUNTIME_PORT": str(port),
        "RUNTIME_INTERNAL_PORT": str(internal_port),
        "RUNTIME_DATA_DIR": str(ground.directory / f"runtime-{port}"),
    }
    child = Child(
        name=f"runtime-{port}", argv=(sys.executable, "-m", "runtime"), environment=environment,
        directory=CHECKOUT, ready=lambda: _answers(internal_port, "/readyz", b'"listening": true'),
    )  # fmt: skip
    return Server(Subject.OURS, child, port, tuple(hosts))


@contextmanager
def serving(ground: Ground, *servers: Server) -> Iterator[list[Target]]:
    """Run servers side by side until the block ends; raises ``StartError`` with the log of one that does not start."""
    with running(*(server.child for server in servers), log_directory=ground.directory) as processes:
        yield [
            Target(server.subject, server.port, server.hosts, processes[server.child.name].pid) for server in servers
        ]


@contextmanager
def worker(ground: Ground, *, concurrency: int) -> Iterator[None]:
    """Run Celery with so many processes until the block ends."""
    options = ("--concurrency", str(concurrency), "--without-mingle", "--without-gossip")
    settings = {name: os.environ[name] for name in ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "TENANT_BASE_DOMAIN")}
    child = Child(
        name="worker", argv=(sys.executable, "-m", "celery", "--quiet", "-A", "controlplane", "worker", *options),
        environment={
            **_environment(ground), **ground.settings, **settings,
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        },
        directory=CHECKOUT,
    )  # fmt: skip
    with running(child, log_directory=ground.directory):
        yield


def _environment(ground: Ground) -> dict[str, str]:
    """Return what every server gets: nothing of this process that could change what it does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(ground.directory), "LANG": "C.UTF-8"}


def _answers(port: int, path: str, expected: bytes = b"") -> bool:
    try:
        with KeptConnection(port) as connection:
            answer = connection.get(f"{LOOPBACK}:{port}", path)
    except OSError:
        return False
    return answer.status == 200 and expected in answer.body
