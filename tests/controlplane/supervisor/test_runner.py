"""The runner: restarts with growing pauses, what it writes down, how it stops, and what a kill leaves behind."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.supervisor.console import Console
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.processes import Child
from controlplane.supervisor.runner import Backoff, Runner
from controlplane.supervisor.settings import CHECKOUT
from tests.controlplane.supervisor.waiting import has_ended, wait_until

SLEEP = "import time; time.sleep(600)"
FAST = Backoff(first_seconds=0.01, limit_seconds=0.04)


class Stage:
    """A runner with its output and its state file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.output = io.StringIO()
        self.file = directory / "run" / "processes.json"
        console = Console(self.output, colour=False, width=8)
        backoff = lambda: Backoff(FAST.first_seconds, FAST.limit_seconds)  # noqa: E731 - a factory in one line
        self.runner = Runner(console, self.file, backoff=backoff, about={"port": 8000})

    def child(self, name: str, code: str, **fields: object) -> Child:
        return Child(name, (sys.executable, "-u", "-c", code), {}, directory=self.directory, **fields)

    def state(self, name: str) -> dict[str, object]:
        return json.loads(self.file.read_text())["processes"][name]

    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()

    async def until(self, condition) -> None:
        async with asyncio.timeout(15):
            while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
                await asyncio.sleep(0.01)


@pytest.fixture
async def stage(directory: Path):
    """A runner whose children are stopped after the test."""
    stage = Stage(directory)
    yield stage
    await stage.runner.stop()


def test_pauses_double_up_to_a_limit_and_begin_again_after_a_healthy_while():
    backoff = Backoff()
    assert [backoff.after(1.0) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.after(61.0) == 0.5
    assert backoff.after(0.0) == 1.0


async def test_a_child_that_crashes_is_started_again_and_said_so(stage):
    await stage.runner.start(stage.child("worker", SLEEP))
    first = stage.state("worker")["pid"]
    os.kill(first, signal.SIGKILL)
    await stage.until(lambda: stage.state("worker")["restarts"] == 1 and stage.state("worker")["state"] == "running")
    assert stage.state("worker")["pid"] not in {None, first}
    assert "up       │ worker was killed by SIGKILL; starting it again in 0.01 s" in stage.lines()
    assert "up       │ worker is back" in stage.lines()


async def test_an_exit_code_is_named(stage):
    code = (
        "import pathlib, sys, time\n"
        "once = pathlib.Path('once')\n"
        "time.sleep(600) if once.exists() else (once.touch(), sys.exit(3))"
    )
    await stage.runner.start(stage.child("beat", code))
    await stage.until(lambda: any("beat ended with exit code 3; starting it again" in line for line in stage.lines()))


async def test_a_child_that_never_gets_ready_fails_the_start(stage):
    with pytest.raises(StartError, match=r"runtime ended with exit code 2, 3 times"):
        await stage.runner.start(
            stage.child("runtime", "print('no settings'); raise SystemExit(2)", ready=lambda: False)
        )
    assert stage.lines().count("runtime  │ no settings") == 3
    assert stage.state("runtime") == {"pid": None, "state": "stopped", "restarts": 2}


async def test_a_child_that_is_too_slow_fails_the_start(stage):
    slow = stage.child("slow", SLEEP, ready=lambda: False, start_limit_seconds=0.1)
    with pytest.raises(StartError, match=r"slow did not get ready within"):
        await stage.runner.start(slow)


async def test_a_sentence_from_a_probe_fails_the_start(stage):
    def refuse() -> bool:
        raise StartError("The password is wrong.")

    with pytest.raises(StartError, match=r"The password is wrong\."):
        await stage.runner.start(stage.child("database", SLEEP, ready=refuse))


async def test_a_program_that_is_not_there_fails_the_start(stage):
    with pytest.raises(StartError, match=r"absent cannot start: .*No such file"):
        await stage.runner.start(Child("absent", (str(stage.directory / "absent"),), {}))


async def test_a_quiet_child_speaks_only_when_it_stops_by_itself(stage):
    code = "import time; print('details'); time.sleep(600)"
    kept = stage.directory / "processes"
    await stage.runner.start(
        stage.child("store", code, quiet=True, ready=lambda: kept.exists() or kept.touch() is None)
    )
    assert "store    │ details" not in stage.lines()
    supervised = stage.runner._supervised["store"]
    await stage.until(lambda: supervised.lines)
    os.kill(stage.state("store")["pid"], signal.SIGKILL)
    await stage.until(lambda: "store    │ details" in stage.lines())


async def test_output_keeps_lines_whole_and_survives_bad_bytes_and_long_lines(stage):
    code = (
        "import sys, time\n"
        "out = sys.stdout.buffer\n"
        "umlaut = 'llö\\nse'.encode()\n"
        "for part in (b'he', umlaut[:3], umlaut[3:], b'cond\\xff\\n', b'x' * 200000, b'\\nend'):\n"
        "    out.write(part); out.flush()\n"
    )
    await stage.runner.complete(stage.child("talker", code))
    lines = [line.removeprefix("talker   │ ") for line in stage.lines()]
    assert lines[0] == "hellö"
    assert lines[1] == "second\ufffd"
    assert "".join(lines[2:-1]) == "x" * 200000
    assert lines[-1] == "end"


async def test_a_step_that_fails_names_itself(stage):
    with pytest.raises(StartError, match=r"migrate ended with exit code 1; its last lines above say why"):
        await stage.runner.complete(stage.child("migrate", "print('boom'); raise SystemExit(1)"))
    assert "migrate  │ boom" in stage.lines()


async def test_children_stop_in_reverse_order(directory):
    stage = Stage(directory)
    code = (
        "import signal, sys, time\n"
        "def stop(*_): print('stopped'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop); print('started'); time.sleep(600)"
    )
    for name in ("first", "second", "third"):
        await stage.runner.start(stage.child(name, code))
    await stage.until(lambda: sum("started" in line for line in stage.lines()) == 3)
    await stage.runner.stop()
    assert [line.split()[0] for line in stage.lines() if line.endswith("stopped")] == ["third", "second", "first"]
    assert {stage.state(name)["state"] for name in ("first", "second", "third")} == {"stopped"}


async def test_a_child_that_will_not_stop_is_killed_with_its_own_children(stage):
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"grandchild = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        "print('grandchild', grandchild.pid, flush=True); time.sleep(600)"
    )
    await stage.runner.start(stage.child("stubborn", code, stop_grace_seconds=0.1))
    await stage.until(lambda: any("grandchild" in line for line in stage.lines()))
    grandchild = int(next(line for line in stage.lines() if "grandchild" in line).split()[-1])
    child = stage.state("stubborn")["pid"]
    await stage.runner.stop()
    assert "up       │ stubborn does not stop; killing it" in stage.lines()
    wait_until(lambda: has_ended(child) and has_ended(grandchild))


async def test_a_child_in_its_pause_is_stopped_at_once(stage):
    stage.runner._backoff = lambda: Backoff(first_seconds=600)
    await stage.runner.start(stage.child("worker", SLEEP))
    os.kill(stage.state("worker")["pid"], signal.SIGKILL)
    await stage.until(lambda: stage.state("worker")["state"] == "waiting")
    async with asyncio.timeout(5):
        await stage.runner.stop()


async def test_the_state_file_is_always_whole_and_names_the_supervisor(stage):
    await stage.runner.start(stage.child("worker", SLEEP))
    content = json.loads(stage.file.read_text())
    assert content == {
        "supervisor": os.getpid(),
        "port": 8000,
        "processes": {"worker": {"pid": content["processes"]["worker"]["pid"], "state": "running", "restarts": 0}},
    }
    assert stage.file.stat().st_mode & 0o777 == 0o600


async def test_input_reaches_the_child_and_everybody_else_reads_nothing(stage):
    read = "import sys; print(repr(sys.stdin.read()))"
    await stage.runner.complete(stage.child("told", read, input=b"requirepass x"))
    await stage.runner.complete(stage.child("untold", read))
    assert stage.lines() == ["told     │ 'requirepass x'", "untold   │ ''"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_killing_the_supervisor_leaves_no_child_behind(directory):
    command = [sys.executable, "-m", "tests.controlplane.supervisor.small_supervisor", str(directory)]
    state = directory / "processes.json"
    with subprocess.Popen(command, cwd=CHECKOUT) as supervisor:
        try:
            wait_until(lambda: state.exists() and state.read_text().count('"running"') == 2)
            pids = [process["pid"] for process in json.loads(state.read_text())["processes"].values()]
            assert not any(has_ended(pid) for pid in pids)
        finally:
            supervisor.kill()
    wait_until(lambda: all(has_ended(pid) for pid in pids))
