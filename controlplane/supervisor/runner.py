"""Runs children: watches them, restarts those that stop, multiplexes their output, and ends them in reverse order."""

import asyncio
import codecs
import json
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from controlplane.supervisor.console import Console
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.files import write_atomically
from controlplane.supervisor.processes import Child, kill_group, popen_arguments, send_signal, tell_exit

__all__ = ["Backoff", "Runner", "State"]

_POLL_SECONDS = 0.05
_KEPT_LINES = 40
_LINE_LIMIT = 64 * 1024
_ATTEMPTS_BEFORE_READY = 3
"""A child that stops this often before it was ever ready will not start: a person must look."""


class State(StrEnum):
    """Where a child is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next start: twice as long each time, from the start again after a healthy while."""

    first_seconds: float = 0.5
    limit_seconds: float = 30.0
    healthy_seconds: float = 60.0
    _next: float = 0.0

    def after(self, lived_seconds: float) -> float:
        """Return the pause after a run that was ready for so long."""
        pause = self.first_seconds if lived_seconds >= self.healthy_seconds else max(self._next, self.first_seconds)
        self._next = min(pause * 2, self.limit_seconds)
        return pause


@dataclass(slots=True)
class _Supervised:
    """A child with all that is known of it now."""

    child: Child
    backoff: Backoff
    group: int
    state: State = State.STARTING
    pid: int | None = None
    restarts: int = 0
    process: asyncio.subprocess.Process | None = None
    task: asyncio.Task[None] | None = None
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))

    def stopping(self) -> bool:
        """Tell whether the child is to stay down once it stops."""
        return self.stop_asked.is_set()


class Runner:
    """Supervises children from one asyncio loop.

    The loop must run in a thread that lives as long as the process, best the main one (see popen_arguments).
    `state_file` always tells the pid and state of each child, for tests and for people.
    """

    def __init__(
        self, console: Console, state_file: Path, *, backoff: Callable[[], Backoff] = Backoff, about: dict[str, object]
    ) -> None:
        self._console = console
        self._state_file = state_file
        self._backoff = backoff
        self._about = about
        self._supervised: dict[str, _Supervised] = {}
        self._groups = 0

    async def start(self, *children: Child) -> None:
        """Start children side by side and supervise them; return once all are ready.

        Raises StartError for a child that keeps stopping or is not ready in its time.
        """
        self._groups += 1
        for child in children:
            supervised = self._supervised[child.name] = _Supervised(child, self._backoff(), self._groups)
            supervised.task = asyncio.create_task(self._supervise(supervised), name=child.name)
        await asyncio.gather(*(self._until_ready(self._supervised[child.name]) for child in children))

    async def complete(self, child: Child) -> None:
        """Run a child to its end, once. Raises StartError when it fails."""
        self._groups += 1
        supervised = self._supervised[child.name] = _Supervised(child, self._backoff(), self._groups)
        process = await self._spawn(supervised)
        await self._pump(supervised, process)
        returncode = await process.wait()
        del self._supervised[child.name]
        if returncode != 0 and not supervised.stopping():
            self._show_kept_lines(supervised)
            raise StartError(f"{child.name} {tell_exit(returncode)}; its last lines above say why.")

    async def stop(self) -> None:
        """Stop every child, the last started first; those that were started together stop together."""
        groups: dict[int, list[_Supervised]] = {}
        for supervised in self._supervised.values():
            groups.setdefault(supervised.group, []).append(supervised)
        for _, group in sorted(groups.items(), reverse=True):
            await asyncio.gather(*(self._stop(supervised) for supervised in group))

    def kill(self) -> None:
        """Kill every child at once."""
        for supervised in self._supervised.values():
            supervised.stop_asked.set()
            if supervised.process is not None:
                kill_group(supervised.process.pid)

    async def _until_ready(self, supervised: _Supervised) -> None:
        child, task = supervised.child, supervised.task
        waited_for = {supervised.ready} if task is None else {supervised.ready, task}
        await asyncio.wait(waited_for, timeout=child.start_limit_seconds, return_when=asyncio.FIRST_COMPLETED)
        if supervised.ready.done():
            supervised.ready.result()
        elif task is not None and task.done():
            task.result()
        else:
            self._show_kept_lines(supervised)
            raise StartError(f"{child.name} did not get ready within {child.start_limit_seconds:.0f} s.")

    async def _supervise(self, supervised: _Supervised) -> None:
        """Start a child again each time it stops, until it is told to stop."""
        child, attempts = supervised.child, 0
        while not supervised.stopping():
            attempts += 1
            became_ready: float | None = None
            try:
                await asyncio.to_thread(child.prepare)
                process = await self._spawn(supervised)
                pump = asyncio.create_task(self._pump(supervised, process))
                became_ready = await self._poll_ready(supervised, process)
                returncode = await process.wait()
                kill_group(process.pid)
                await pump
                what = tell_exit(returncode)
            except StartError as error:
                what = f"cannot start: {error}"
                if supervised.process is not None:
                    kill_group(supervised.process.pid)
                    await supervised.process.wait()
                if not supervised.ready.done():
                    supervised.ready.set_exception(error)
                    break
            except OSError as error:
                what = f"cannot start: {error}"
            supervised.process, supervised.pid = None, None
            if supervised.stopping():
                break
            if not supervised.ready.done() and attempts >= _ATTEMPTS_BEFORE_READY:
                self._show_kept_lines(supervised)
                failure = StartError(f"{child.name} {what}, {attempts} times; its last lines above say why.")
                supervised.ready.set_exception(failure)
                break
            await self._wait_before_restart(supervised, what, became_ready)
        self._record(supervised, State.STOPPED)

    async def _wait_before_restart(self, supervised: _Supervised, what: str, became_ready: float | None) -> None:
        pause = supervised.backoff.after(0.0 if became_ready is None else time.monotonic() - became_ready)
        supervised.restarts += 1
        self._record(supervised, State.WAITING)
        if supervised.child.quiet:
            self._show_kept_lines(supervised)
        self._console.warn(f"{supervised.child.name} {what}; starting it again in {pause:g} s")
        with suppress(TimeoutError):
            await asyncio.wait_for(supervised.stop_asked.wait(), pause)

    async def _spawn(self, supervised: _Supervised) -> asyncio.subprocess.Process:
        child = supervised.child
        supervised.lines.clear()
        process = await asyncio.create_subprocess_exec(
            *child.argv, stdout=asyncio.subprocess.PIPE, limit=_LINE_LIMIT, **popen_arguments(child)
        )
        supervised.process, supervised.pid = process, process.pid
        self._record(supervised, State.STARTING)
        if process.stdin is not None:
            process.stdin.write(child.input)
            process.stdin.close()
        if supervised.stopping():  # told to stop while it was being started
            send_signal(process.pid, child.stop_signal)
        return process

    async def _poll_ready(self, supervised: _Supervised, process: asyncio.subprocess.Process) -> float | None:
        """Ask until the child is ready; return when that was, or None when it stopped before."""
        while process.returncode is None and not supervised.stopping():
            if await asyncio.to_thread(supervised.child.ready):
                if supervised.restarts and supervised.ready.done():
                    self._console.say(f"{supervised.child.name} is back")
                self._record(supervised, State.RUNNING)
                if not supervised.ready.done():
                    supervised.ready.set_result(None)
                return time.monotonic()
            await asyncio.sleep(_POLL_SECONDS)
        return None

    async def _pump(self, supervised: _Supervised, process: asyncio.subprocess.Process) -> None:
        """Pass the child's output on, line by line, until it ends."""
        if process.stdout is None:
            return
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        rest = ""
        while chunk := await process.stdout.read(_LINE_LIMIT):
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            if len(rest) > _LINE_LIMIT:
                lines, rest = [*lines, rest], ""
            self._show(supervised, lines)
        if rest:
            self._show(supervised, [rest])

    def _show(self, supervised: _Supervised, lines: Sequence[str]) -> None:
        for line in lines:
            text = line.rstrip("\r")
            supervised.lines.append(text)
            if text and not supervised.child.quiet:
                self._console.line(supervised.child.name, text)

    def _show_kept_lines(self, supervised: _Supervised) -> None:
        """Show the last output of a quiet child; everybody else's was shown when it came."""
        if supervised.child.quiet:
            for text in supervised.lines:
                self._console.line(supervised.child.name, text)
            supervised.lines.clear()

    async def _stop(self, supervised: _Supervised) -> None:
        supervised.stop_asked.set()
        if not supervised.ready.cancel() and not supervised.ready.cancelled():
            supervised.ready.exception()  # start() reports the first failure alone; asyncio wants all to be looked at
        process = supervised.process
        if process is not None and process.returncode is None:
            send_signal(process.pid, supervised.child.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), supervised.child.stop_grace_seconds)
            except TimeoutError:
                self._console.warn(f"{supervised.child.name} does not stop; killing it")
            kill_group(process.pid)
            await process.wait()
        if supervised.task is not None:
            await supervised.task

    def _record(self, supervised: _Supervised, state: State) -> None:
        supervised.state = state
        if state is State.STOPPED:
            supervised.pid = None
        processes = {
            name: {"pid": one.pid, "state": one.state, "restarts": one.restarts}
            for name, one in self._supervised.items()
        }
        content = {"supervisor": os.getpid(), **self._about, "processes": processes}
        write_atomically(self._state_file, json.dumps(content, indent=1))
