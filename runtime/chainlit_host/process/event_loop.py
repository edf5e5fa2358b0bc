"""Event loops that may be run again from inside a coroutine, as ``cl.run_sync`` does, and lose no speed by it.

nest_asyncio, which the ``chainlit`` command applies, puts asyncio's tasks and futures in pure Python in the place of
those in C for the whole process, and keeps every timer that was cancelled until it would have been due (one of 45
seconds for each message that is sent). Neither is needed: what lets a loop run inside a running task is that this
task steps aside meanwhile. Tasks in C read who is current from the same dictionary as those in Python, up to CPython
3.13; whether the installed one does is tried out before it is relied upon.
"""

import asyncio
import heapq
from asyncio import futures, tasks
from typing import Any

import nest_asyncio
import structlog

__all__ = ["make_loops_reentrant"]

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 24 * 3600
MOST_CANCELLED_TIMERS = 100
"""How many cancelled timers a loop may keep before it looks for them, when they are more than half of all."""


def make_loops_reentrant() -> None:
    """Let every later loop be run while it runs; ``asyncio.run`` and others are replaced by nest_asyncio's."""
    native: Any = asyncio.Task, asyncio.Future
    # Applied to a loop of its own: what it changes is asyncio and the class of loops, so every later loop has it.
    loop: Any = asyncio.new_event_loop()
    try:
        nest_asyncio.apply(loop)
        type(loop)._run_once = _run_once
        python: Any = asyncio.Task, asyncio.Future
        _use(*native)
        if not _nests(loop):
            log.warning("native_tasks_not_used", reason="they cannot be run inside each other on this Python")
            _use(*python)
    finally:
        loop.close()


def _use(task: Any, future: Any) -> None:
    for module, name in ((asyncio, "Task"), (tasks, "Task"), (tasks, "_CTask")):
        setattr(module, name, task)
    for module, name in ((asyncio, "Future"), (futures, "Future"), (futures, "_CFuture")):
        setattr(module, name, future)


def _nests(loop: asyncio.AbstractEventLoop) -> bool:
    """Say whether a task can run its own loop, with other tasks in it, and be the current one again after."""

    async def other() -> asyncio.Task[Any] | None:
        await asyncio.sleep(0)
        return asyncio.current_task()

    async def outer() -> bool:
        this, waiting = asyncio.current_task(), asyncio.ensure_future(other())
        inside = loop.run_until_complete(other())
        return inside not in {None, this} and asyncio.current_task() is this and await waiting is waiting

    try:
        return loop.run_until_complete(outer())
    except RuntimeError:
        return False


def _run_once(self: Any) -> None:
    """Run one turn of a loop; as asyncio's own, but it may be called by a task that this very loop is running."""
    _drop_cancelled_timers(self)
    ready, timers = self._ready, self._scheduled
    if ready or self._stopping:
        timeout = 0.0
    elif timers:
        timeout = min(max(timers[0]._when - self.time(), 0.0), LONGEST_WAIT_SECONDS)
    else:
        timeout = None
    self._process_events(self._selector.select(timeout))
    end_time = self.time() + self._clock_resolution
    while timers and timers[0]._when < end_time:
        timer = heapq.heappop(timers)
        timer._scheduled = False
        ready.append(timer)
    # The task that called this turn, if one did, is not the current one while others run.
    calling = tasks._current_tasks.pop(self, None)  # type: ignore[attr-defined]  # not in typeshed
    try:
        for _ in range(len(ready)):
            if not ready:  # a turn inside one of these has done the rest
                break
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
    finally:
        if calling is not None:
            tasks._current_tasks[self] = calling  # type: ignore[attr-defined]  # as above


def _drop_cancelled_timers(self: Any) -> None:
    timers = self._scheduled
    if len(timers) > MOST_CANCELLED_TIMERS and self._timer_cancelled_count * 2 > len(timers):
        for timer in timers:
            timer._scheduled = not timer._cancelled
        # The same list: a turn further out may be holding it.
        timers[:] = [timer for timer in timers if timer._scheduled]
        heapq.heapify(timers)
        self._timer_cancelled_count = 0
    while timers and timers[0]._cancelled:
        heapq.heappop(timers)._scheduled = False
        self._timer_cancelled_count -= 1
