"""Children of the supervisor: what they are, how they are started, and how they are stopped.

Every child is the leader of its own session, so that a Ctrl-C in the terminal reaches the supervisor alone,
and asks the kernel for a signal when the supervisor dies, so that even `kill -9` leaves no orphan behind.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controlplane.supervisor.errors import StartError

__all__ = ["Child", "kill_group", "popen_arguments", "running", "send_signal", "tell_exit"]

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _nothing() -> None:
    """Stand in for a child that needs no preparation."""


def _always() -> bool:
    """Stand in for a child that is ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """A process the supervisor starts, watches and stops.

    `prepare` runs before every start and `ready` is polled after it; both may block and may raise StartError.
    `user` names the account to drop to (root only). `input` is given on standard input, which is empty otherwise.
    `orphan_signal` is what the kernel sends the child when the supervisor has died without stopping it.
    A quiet child's output is shown only when it stops without having been asked to.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path | None = None
    user: str | None = None
    input: bytes = field(default=b"", repr=False)
    prepare: Callable[[], None] = _nothing
    ready: Callable[[], bool] = _always
    start_limit_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_seconds: float = 10.0
    orphan_signal: signal.Signals = signal.SIGKILL
    quiet: bool = False


def popen_arguments(child: Child) -> dict[str, Any]:
    """Return the keyword arguments that start `child` with subprocess or asyncio.

    The thread that starts the child must live as long as the process: the kernel ties the parent-death signal
    to the thread that forked (prctl(2), PR_SET_PDEATHSIG).
    """
    arguments: dict[str, Any] = {
        "cwd": child.directory,
        "env": dict(child.environment),
        "stdin": subprocess.PIPE if child.input else subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "start_new_session": True,
        "preexec_fn": _parent_death_signal(child.orphan_signal),
    }
    if child.user is not None:
        arguments |= {"user": child.user, "group": _group_of(child.user), "extra_groups": []}
    return arguments


def _group_of(user: str) -> int:
    import pwd  # absent on systems that have no accounts to drop to

    return pwd.getpwnam(user).pw_gid


def _parent_death_signal(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """Return the function that runs in the new process between fork and exec.

    subprocess calls it after it has dropped privileges, which is the only right moment: a change of user clears
    the setting. It does nothing but two system calls, which is safe after fork.
    """
    if _LIBC is None:
        return None
    prctl, parent = _LIBC.prctl, os.getpid()

    def bind_to_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:  # the supervisor died between fork and prctl: no signal would ever come
            os._exit(1)

    return bind_to_parent


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_group(leader: int) -> None:
    """Kill what is left of a child's session once its leader has ended, so that a restart meets no stragglers."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def tell_exit(returncode: int) -> str:
    """Say how a process ended: `ended with exit code 3`, `was killed by SIGKILL`."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was killed by signal {-returncode}"


@contextmanager
def running(*children: Child, log_directory: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run children side by side until the block ends, without restarting them; yield them by name once all are ready.

    Each child's output goes to `<log_directory>/<name>.log`. Call it from the main thread. Raises StartError, with
    the end of the log, for a child that stops or is not ready in its time.
    """
    with ExitStack() as stack:
        started: dict[str, subprocess.Popen[bytes]] = {}
        for child in children:
            child.prepare()
            log = stack.enter_context((log_directory / f"{child.name}.log").open("ab"))
            process = subprocess.Popen(child.argv, stdout=log, **popen_arguments(child))
            stack.callback(_stop, child, process)
            started[child.name] = process
            if process.stdin is not None:
                process.stdin.write(child.input)
                process.stdin.close()
        for child in children:
            _wait_until_ready(child, started[child.name], log_directory / f"{child.name}.log")
        yield started


def _wait_until_ready(child: Child, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + child.start_limit_seconds
    while not child.ready():
        returncode = process.poll()
        if returncode is not None or time.monotonic() > deadline:
            reason = "did not answer in time" if returncode is None else tell_exit(returncode)
            raise StartError(f"{child.name} {reason}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _stop(child: Child, process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(child.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(child.stop_grace_seconds)
    kill_group(process.pid)
    process.wait()
