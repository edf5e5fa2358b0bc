"""The example app under stock Chainlit, as a process of its own and in a copy, since Chainlit writes beside the app."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.examples.assistant_modules import APP_DIRECTORY

__all__ = ["CHAINLIT", "run_assistant"]

CHAINLIT = (sys.executable, "-m", "chainlit")
START_SECONDS = 60


@contextmanager
def run_assistant(
    directory: Path, environment: Mapping[str, str], *, command: Sequence[str] = CHAINLIT
) -> Iterator[str]:
    """Serve a copy of the app made in ``directory`` until the block ends; yields its base URL.

    ``environment`` is added to PATH alone, so that no key of the developer's own shell is used.
    """
    app = shutil.copytree(APP_DIRECTORY, directory / "assistant", ignore=shutil.ignore_patterns("__pycache__"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (directory / "chainlit.log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "run", "main.py", "-h", "--port", str(port)],
            cwd=app,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            base_url = f"http://127.0.0.1:{port}"
            _wait_until_served(base_url, process, Path(log.name))
            yield base_url
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_served(base_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Chainlit ended with status {process.returncode}:\n{log.read_text()}")
        try:
            with urlopen(f"{base_url}/project/settings", timeout=5):  # noqa: S310 - an http address built here
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"Chainlit did not answer within {START_SECONDS} seconds:\n{log.read_text()}")
