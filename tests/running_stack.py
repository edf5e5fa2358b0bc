"""The whole stack as a newcomer has it: `python -m controlplane.supervisor` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

__all__ = ["RunningStack", "wait_until"]

CHECKOUT = Path(__file__).resolve().parent.parent
START_LIMIT_SECONDS = 180
# Settings of the suite's own services must not leak into the stack, which starts its own.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "CHROMIUM", "VIRTUAL_ENV", "TMPDIR")


def wait_until(condition: Callable[[], object], *, seconds: float = 60, what: str = "the condition") -> None:
    """Poll until the condition holds; raises ``TimeoutError`` naming it. Connection errors count as not yet."""
    deadline = time.monotonic() + seconds
    reason: object = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except (httpx.HTTPError, OSError, ValueError) as error:
            reason = error
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not come true within {seconds} s ({reason!r})")


class RunningStack:
    """A supervisor with all its children, on a free port and in a directory of its own.

    ``command`` starts it; it gets ``settings`` too.
    """

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        command: Sequence[str] = ("-m", "controlplane.supervisor"),
        **settings: str,
    ) -> None:
        self.directory = directory
        self.settings = settings
        self._command = command
        self.port = port
        self.log = directory.parent / "stack.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the supervisor and wait until /healthz answers 200."""
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        environment |= {"PORT": str(self.port), "DATA_DIR": str(self.directory), "NO_COLOR": "1", **self.settings}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        try:
            wait_until(self._healthy_or_ended, seconds=START_LIMIT_SECONDS, what="/healthz")
        except TimeoutError as error:
            self.stop()
            raise TimeoutError(f"{error}\n{self.log_tail()}") from error

    def stop(self) -> int:
        """Stop everything as Ctrl-C does and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def url(self, tenant: str = "", path: str = "/") -> str:
        """Return an address of the platform, or of a tenant by its short name."""
        host = f"{tenant}.localhost" if tenant else "localhost"
        return f"http://{host}:{self.port}{path}"

    def get(self, tenant: str = "", path: str = "/", **options: object) -> httpx.Response:
        """GET through the gateway; Python does not resolve *.localhost everywhere, so the name goes in the header."""
        host = f"{tenant}.localhost:{self.port}" if tenant else f"localhost:{self.port}"
        headers = {"host": host, **options.pop("headers", {})}  # type: ignore[dict-item]
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=30, **options)  # type: ignore[arg-type]

    def health(self) -> dict[str, bool]:
        """Return which components are well, from /healthz."""
        components = self.get(path="/healthz").json()["components"]
        return {name: component["ok"] for name, component in components.items()}

    def wait_healthy(self, *, seconds: float = 120) -> None:
        """Wait until every component is well again."""
        wait_until(lambda: self.get(path="/healthz").status_code == 200, seconds=seconds, what="a healthy stack")

    def sign_in(self, account: str) -> tuple[str, str]:
        """Return e-mail and password of ``operator``, ``acme_owner``, ``globex_owner`` or ``globex_member``."""
        from controlplane.supervisor.credentials import DEMO_ACCOUNTS

        secrets = json.loads((self.directory / "secrets.json").read_text())
        return DEMO_ACCOUNTS[account.upper()], secrets[f"DEMO_{account.upper()}_PASSWORD"]

    def pid(self, name: str) -> int:
        """Return the process id of a child, as the supervisor wrote it."""
        children = json.loads((self.directory / "run" / "processes.json").read_text())["processes"]
        return int(children[name]["pid"])

    def kill(self, name: str) -> int:
        """Kill a child with SIGKILL and return the process id it had."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def terminate(self, name: str) -> None:
        """Ask a child to stop, as a rollout does; the supervisor starts it again."""
        os.kill(self.pid(name), signal.SIGTERM)

    @contextmanager
    def supervisor_paused(self) -> Iterator[None]:
        """Keep the supervisor from restarting anything for as long as the block runs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log_tail(self, lines: int = 60) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _healthy_or_ended(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the stack ended with {self._process.returncode}:\n{self.log_tail()}")
        return self.get(path="/healthz").status_code == 200
