"""One runtime process for all tests of this folder, and clients that reach it on a tenant's host."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.valkey import Valkey
from tenants.contract.secrets import SecretBox
from tests.clients.chainlit_client import ChainlitClient
from tests.runtime.chainlit_host.tenants_under_test import PASSWORD, documents, members

CHECKOUT = Path(__file__).resolve().parents[3]
PROCESS_SECRETS = {"DATABASE_URL": "postgresql://secret", "S3_SECRET_ACCESS_KEY": "s3 secret"}
MASTER_SECRET = "the master secret of the tests"
Process = subprocess.Popen[bytes]


class Runtime:
    """The running process."""

    def __init__(self, port: int, tenants: dict[str, dict[str, Any]], folder: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.tenants = tenants
        self.folder = folder
        self._revision = 1

    def client(self, slug: str, **headers: str) -> httpx.Client:
        """Return an HTTP client on a tenant's host."""
        return httpx.Client(base_url=self.url, headers={"Host": self.host(slug), **headers}, trust_env=False)

    def host(self, slug: str) -> str:
        """Return a tenant's host as a browser's address bar has it."""
        return f"{slug}.localhost:{self.port}"

    def chat(self, slug: str, **options: Any) -> ChainlitClient:
        """Return a chat client on a tenant's host."""
        return ChainlitClient(self.url, host_header=self.host(slug), timeout=10, **options)

    def sign_in(self, slug: str, email: str = "ann@example.com", password: str = PASSWORD) -> dict[str, str]:
        """Return the cookies of a member who signed in."""
        with self.client(slug) as client:
            response = client.post("/login", data={"username": email, "password": password})
            assert response.status_code == 200, response.text
            return dict(response.cookies)

    def command(self, command: str, **values: Any) -> Any:
        """Do what the shell around the host would do, or ask what it would ask."""
        with httpx.Client(base_url=self.url, headers={"Host": "control"}, trust_env=False) as client:
            response = client.post("/", json={"command": command, **values})
            response.raise_for_status()
            return response.json()

    def publish(self, slug: str, **fields: Any) -> None:
        """Publish a new revision of a tenant, with some parts replaced."""
        self._revision += 1
        self.tenants[slug] = {**self.tenants[slug], **fields}
        self.command("publish", revision=self._revision, state=self.tenants[slug])

    @property
    def log(self) -> str:
        """Everything the process has written."""
        return (self.folder / "log").read_text(encoding="utf-8")


StartRuntime = Callable[..., tuple[Runtime, Process]]


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory, valkey: Valkey) -> Iterator[Runtime]:
    """A runtime process with the tests' apps and the example."""
    runtime, process = _start(tmp_path_factory.mktemp("runtime"), more={"redis_url": valkey.url})
    yield runtime
    _end(process)


@pytest.fixture
def start_runtime(tmp_path: Path) -> Iterator[StartRuntime]:
    """Start a runtime process for this test alone."""
    started: list[Process] = []

    def start(**options: Any) -> tuple[Runtime, Process]:
        runtime, process = _start(tmp_path, **options)
        started.append(process)
        return runtime, process

    yield start
    for process in started:
        _end(process)


@pytest.fixture(scope="module")
def start_one_runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Runtime]]:
    """Start a runtime process for the tests of one module."""
    with ExitStack() as ending:

        def start(**options: Any) -> Runtime:
            runtime, process = _start(tmp_path_factory.mktemp("runtime"), **options)
            ending.callback(_end, process)
            return runtime

        yield start


def _start(
    folder: Path,
    *,
    make_documents: Callable[[SecretBox], dict[str, dict[str, Any]]] = documents,
    members_by_schema: dict[str, list[dict[str, Any]]] | None = None,
    more: dict[str, Any] | None = None,
    more_apps: Iterable[Path] = (),
    more_environment: Mapping[str, str] | None = None,
) -> tuple[Runtime, Process]:
    apps = folder / "apps"
    apps.mkdir()
    for app in [*(Path(__file__).parent / "served_apps").iterdir(), CHECKOUT / "examples" / "assistant", *more_apps]:
        # Copies, since an app may write beside itself, and tests edit its texts.
        shutil.copytree(app, apps / app.name, ignore=shutil.ignore_patterns("__pycache__"))
    (apps / "rich").symlink_to(CHECKOUT / "tests" / "isolation" / "app")
    key, port = Fernet.generate_key().decode(), choose_port()
    tenants = make_documents(SecretBox([key]))
    config = {
        "database_url": "",
        "master_secret": MASTER_SECRET,
        "encryption_keys": [key],
        "apps_dir": str(apps),
        "data_dir": str(folder / "data"),
        "platform_url": f"http://localhost:{port}",
        **(more or {}),
    }
    people = members() if members_by_schema is None else members_by_schema
    settings = {"config": config, "members": people, "tenants": list(tenants.values()), "port": port}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    runtime = Runtime(port, tenants, folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.chainlit_host.serving", str(folder / "settings.json")],
            cwd=CHECKOUT,
            env={
                **os.environ,
                **PROCESS_SECRETS,
                "PYTHONDONTWRITEBYTECODE": "1",
                "SHARED_NAME": "the process's",
                **(more_environment or {}),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(runtime, process)
    except BaseException:
        _end(process)
        raise
    return runtime, process


def _end(process: Process) -> None:
    process.terminate()
    process.wait(timeout=20)


def _wait_until_it_answers(runtime: Runtime, process: Process) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, runtime.log
        try:
            runtime.command("report")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"The runtime did not answer.\n{runtime.log}")
