"""Processes that need not import what they serve: it is imported once, and each server under attack is a fork of that.

``python -m tests.isolation.forking`` does so for runtimes, which import Chainlit: it reads the path of a server's
settings from each line, and answers with its pid.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

CHECKOUT = Path(__file__).resolve().parents[2]


class Forked:
    """One server."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def poll(self) -> int | None:
        """Return None while it runs."""
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def terminate(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self._pid, signal.SIGTERM)

    def wait(self, timeout: float) -> None:
        """Wait until it is gone."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < deadline, f"process {self._pid} does not end"
            time.sleep(0.005)


class ForkServer:
    """The process that all servers of a kind are forks of. Use it as a context manager."""

    def __init__(self, module: str = "tests.isolation.forking", environment: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._environment = {"WRITTEN": "the process's", **(environment or {})}

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **self._environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it; servers that are left over end with it."""
        self._process.communicate(timeout=20)

    def start(self, settings: Path, log: Path) -> Forked:
        """Start a server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{settings} {log}\n".encode())
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))


def fork_for_each_line(serve: Callable[[Path], None]) -> None:
    """Fork a server for each line of standard input; it serves what the settings at that path say."""
    # Servers end when they are told to; nobody here waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        settings, log = map(Path, line.split())
        if (pid := os.fork()) == 0:
            _become_server(serve, settings, log)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def serve_forks() -> None:
    """Import Chainlit, then fork a runtime for each line of standard input."""
    from runtime.chainlit_host.process import boot
    from tests.isolation import serving

    with _imported(boot):
        fork_for_each_line(serving.main)


@contextmanager
def _imported(boot: Any) -> Iterator[None]:
    from runtime.config import RuntimeConfig

    with TemporaryDirectory(prefix="isolation-import-") as folder:
        nothing = {"database_url": "", "master_secret": "", "encryption_keys": (), "platform_url": ""}
        boot.import_chainlit(RuntimeConfig(**nothing, apps_dir=Path(folder), data_dir=Path(folder)))
        boot.import_chainlit = lambda config: None
        yield


def _become_server(serve: Callable[[Path], None], settings: Path, log: Path) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with log.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        serve(settings)
    except BaseException:
        # Nobody is left to tell it: the process ends here.
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


if __name__ == "__main__":
    serve_forks()
