"""docker/healthcheck.py, run as a container runs it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.docker.processes import DOCKER, free_port


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DOCKER / "healthcheck.py", *arguments],
        env={"PLATFORM_HOSTS": "platform.example, localhost", "PLATFORM_URL": "https://platform.example"},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers ``status`` to the platform over https, and 400 to anyone else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = (self.headers["Host"], self.headers["X-Forwarded-Proto"]) == ("platform.example", "https")
            self.send_response(status if known else 400)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Keep quiet: the check's own line is what counts."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/healthz"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("kind", "status", "healthy"),
    [
        ("alive", 200, True),
        ("alive", 503, True),
        ("alive", 500, False),
        ("ready", 200, True),
        ("ready", 503, False),
        ("ready", 301, False),
    ],
)
def test_a_status_tells_whether_a_process_is_alive_or_ready(kind, status, healthy):
    with answering(status) as url:
        result = check(kind, url)

    assert (result.returncode == 0) == healthy
    assert ("answered" in result.stderr) == (not healthy)


def test_a_process_that_does_not_answer_is_unhealthy():
    result = check("alive", f"http://127.0.0.1:{free_port()}/healthz")

    assert (result.returncode, "does not answer" in result.stderr) == (1, True)


@pytest.mark.parametrize("suffix", ["", ".db", ".dat"])
def test_a_schedule_written_lately_is_healthy_whatever_suffix_the_database_gives_it(tmp_path, suffix):
    (tmp_path / f"schedule{suffix}").touch()

    assert check("fresh", str(tmp_path / "schedule"), "600").returncode == 0


def test_an_old_schedule_is_unhealthy(tmp_path):
    schedule = tmp_path / "schedule"
    schedule.touch()
    os.utime(schedule, (time.time() - 700, time.time() - 700))

    assert "was last written 700 s ago" in check("fresh", str(schedule), "600").stderr


def test_a_missing_schedule_is_unhealthy(tmp_path):
    assert "does not exist" in check("fresh", str(tmp_path / "schedule"), "600").stderr


def test_unknown_arguments_are_explained():
    assert "usage" in check("sleepy").stderr
