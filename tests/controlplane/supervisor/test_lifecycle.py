"""The command itself: whatever keeps it from starting is one sentence on standard error, and exit code 1."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.settings import CHECKOUT
from tests.controlplane.supervisor.waiting import has_ended, wait_until


def up(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command until it fails."""
    return subprocess.run(
        [sys.executable, "-m", "controlplane.supervisor", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, "DATA_DIR": str(directory / "data"), "PORT": str(choose_port())} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_named_with_a_way_out(directory):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = up(directory, PORT=str(port))
    sentence = f"Port {port} is in use by another program: choose another one, `PORT=8001 make up`.\n"
    assert (result.returncode, result.stderr) == (1, sentence)


def test_a_bad_port_is_named(directory):
    result = up(directory, PORT="eight")
    assert (result.returncode, result.stderr) == (1, "PORT is 'eight', but must be a number from 1 to 65535.\n")


def test_an_unwritable_data_directory_is_named(directory):
    result = up(directory, DATA_DIR="/dev/null/data")
    assert result.returncode == 1
    assert result.stderr.startswith("The data directory /dev/null/data cannot be written (")
    assert result.stderr.count("\n") == 1


def test_a_missing_program_is_named_before_anything_starts(directory):
    result = up(directory, PG_BIN_DIR=str(directory / "absent"))
    assert result.returncode == 1
    assert result.stderr.startswith(f"The program of PostgreSQL is missing ({directory}/absent/postgres)")
    assert result.stderr.count("\n") == 1
    assert not (directory / "data" / "valkey").exists()


def test_a_second_supervisor_in_the_same_directory_is_refused(directory):
    from controlplane.supervisor.data_directory import claim

    with claim(directory / "data"):
        result = up(directory)
    assert result.returncode == 1
    assert f"is in use by another `make up` (process {os.getpid()})" in result.stderr


def test_a_failing_step_stops_what_was_started_and_says_which(directory):
    # The port answers nobody, so the migration fails, after the other services have started.
    unreachable = f"postgresql://nobody:x@127.0.0.1:{choose_port()}/none"
    result = up(directory, DATABASE_URL=unreachable)
    assert result.returncode == 1
    assert result.stderr == "migrate ended with exit code 1; its last lines above say why.\n"
    processes = json.loads((directory / "data" / "run" / "processes.json").read_text())["processes"]
    assert {process["state"] for process in processes.values()} == {"stopped"}


@pytest.mark.parametrize("number", ["INT", "TERM"])
def test_a_signal_while_starting_stops_everything(directory, number):
    state = directory / "data" / "run" / "processes.json"
    environment = {"PATH": os.defpath, "DATA_DIR": str(directory / "data"), "PORT": str(choose_port())}
    command = [sys.executable, "-m", "controlplane.supervisor"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as supervisor:
        wait_until(lambda: state.exists() and '"running"' in state.read_text(), seconds=30)
        pids = [process["pid"] for process in json.loads(state.read_text())["processes"].values() if process["pid"]]
        supervisor.send_signal(getattr(__import__("signal"), f"SIG{number}"))
        output, errors = supervisor.communicate(timeout=60)
    assert (supervisor.returncode, errors) == (0, "")
    assert output.splitlines()[-1] == "up           │ everything is stopped"
    assert all(has_ended(pid) for pid in pids)
