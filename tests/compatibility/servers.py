"""The two ways an app is served: by stock `chainlit run` in a process of its own, and beside all others in one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet

from controlplane.supervisor.ports import choose_port
from tests.compatibility.performance import APPS, Scenario
from tests.running_stack import wait_until

__all__ = ["RuntimeServer", "Server", "StockServer"]

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
IGNORED = shutil.ignore_patterns("__pycache__")


class Server:
    """A process that serves on a free port of this machine."""

    def __init__(
        self, command: Sequence[str], *, port: int, folder: Path, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.port = port
        self._log = log
        # PATH alone besides: no key of the developer's own shell may change what an app does. Apps that start `python`
        # mean the one they run with.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        allowed = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment}
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, cwd=folder, env=allowed, stdout=output, stderr=subprocess.STDOUT)

    @property
    def log(self) -> str:
        """Everything the process has written."""
        return self._log.read_text(encoding="utf-8")

    def request(self, method: str, path: str, *, host: str = "localhost", **options: Any) -> httpx.Response:
        """Ask the server for something at a host."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30) as client:
            return client.request(method, path, headers={"Host": host, **options.pop("headers", {})}, **options)

    def end(self) -> None:
        """Stop the process."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
            return
        self._process.kill()
        self._process.wait()

    def _wait(self, method: str, path: str, **options: Any) -> None:
        def answers_or_has_ended() -> bool:
            return self._process.poll() is not None or self.request(method, path, **options).is_success

        wait_until(answers_or_has_ended, seconds=START_SECONDS, what=f"the start of the server on {self.port}")
        if self._process.poll() is not None:
            raise RuntimeError(f"The server ended with {self._process.returncode}:\n{self.log}")


class StockServer(Server):
    """One app in a copy of its folder, started as its developer would."""

    def __init__(self, scenario: Scenario, services: Mapping[str, str], folder: Path) -> None:
        app = shutil.copytree(APPS / scenario.app, folder / scenario.app, ignore=IGNORED)
        port = choose_port()
        command = (sys.executable, "-m", "chainlit", "run", "main.py", "-h", "--port", str(port))
        environment = scenario.environment_with(services)
        super().__init__(command, port=port, folder=app, log=folder / "log", environment=environment)
        self._wait("GET", "/project/translations")


class RuntimeServer(Server):
    """All apps in copies of their folders, served to all tenants by one process."""

    def __init__(self, tenants: list[dict[str, Any]], folder: Path) -> None:
        self.apps = shutil.copytree(APPS, folder / "apps", ignore=IGNORED)
        port = choose_port()
        config = {
            "database_url": "",
            "master_secret": "the master secret of the compatibility tests",
            "encryption_keys": [Fernet.generate_key().decode()],
            "apps_dir": str(self.apps),
            "data_dir": str(folder / "data"),
            "platform_url": f"http://localhost:{port}",
            # Stock Chainlit shows what an exception says; ours does so where RUNTIME_SHOW_ERRORS tells it to.
            "show_errors": True,
        }
        settings = {"config": config, "members": {}, "tenants": tenants, "port": port}
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        command = (sys.executable, "-m", "tests.runtime.chainlit_host.serving", str(folder / "settings.json"))
        super().__init__(command, port=port, folder=CHECKOUT, log=folder / "log", environment={})
        self._wait("POST", "/", host="control", json={"command": "report"})

    def report(self) -> dict[str, Any]:
        """Return which apps were loaded, and why others were not."""
        answer: dict[str, Any] = self.request("POST", "/", host="control", json={"command": "report"}).json()
        return answer
