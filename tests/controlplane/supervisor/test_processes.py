"""Children without a runner, as the test suite uses them."""

import os
import signal
import sys
from pathlib import Path

import pytest

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.processes import Child, running, tell_exit


def child(code: str, **fields: object) -> Child:
    return Child("child", (sys.executable, "-c", code), {}, **fields)


def test_running_children_end_with_the_block(directory):
    with running(child("import time; time.sleep(600)"), log_directory=directory) as processes:
        assert processes["child"].poll() is None
    assert processes["child"].returncode == -signal.SIGTERM


def test_a_child_that_stops_before_it_is_ready_shows_its_log(directory):
    broken = child("print('no space left'); raise SystemExit(4)", ready=lambda: False)
    with (
        pytest.raises(StartError, match=r"(?s)child ended with exit code 4:.*no space left"),
        running(broken, log_directory=directory),
    ):
        pass


def test_a_child_has_a_session_of_its_own_and_nothing_to_read(directory):
    seen = directory / "seen"
    code = (
        "import os, pathlib, sys\n"
        f"seen = pathlib.Path({str(seen)!r})\n"
        "seen.write_text(f'{os.getsid(0) == os.getpid()} {sys.stdin.read()!r}')"
    )
    with running(child(code, ready=lambda: seen.exists() and seen.read_text() != ""), log_directory=directory):
        assert seen.read_text() == "True ''"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_a_child_of_another_user_has_no_group_of_ours(directory):
    seen = Path(directory / "open")
    seen.mkdir(mode=0o777)
    seen.chmod(0o777)
    command = f"id -un > {seen}/draft; id -G >> {seen}/draft; mv {seen}/draft {seen}/seen; exec sleep 600"
    dropped = Child(
        "dropped", ("/bin/sh", "-c", command), {"PATH": os.defpath}, user="nobody", ready=(seen / "seen").exists
    )
    with running(dropped, log_directory=directory):
        name, groups = (seen / "seen").read_text().split("\n")[:2]
    assert name == "nobody"
    assert "0" not in groups.split()


@pytest.mark.parametrize(
    ("returncode", "words"),
    [
        (0, "ended with exit code 0"),
        (3, "ended with exit code 3"),
        (-9, "was killed by SIGKILL"),
        (-63, "was killed by signal 63"),
    ],
)
def test_an_exit_is_told_in_words(returncode, words):
    assert tell_exit(returncode) == words
