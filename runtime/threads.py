"""Threads that know for whom they run: Python 3.11 to 3.13 starts every thread with an empty context.

Code that runs for a tenant may start a thread, a timer or a pool, and what runs there must read the same tenant,
request and environment. So a thread gets a copy of its starter's context. Threads of pools are the exception: they
outlive the one who caused them and work for others, so they start without a tenant, and each piece of work brings the
context of whoever handed it in.
"""

import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

__all__ = ["install_threads"]

Function = Callable[..., Any]
Detached = Callable[[], contextvars.Context | None]

_THREAD_POOL_METHODS = ("apply_async", "_map_async", "imap", "imap_unordered")
"""Methods of ``multiprocessing.pool.ThreadPool`` that take a function first; the others are made of these."""


def install_threads(detached: Detached) -> None:
    """Let threads, timers and pools of the whole process carry contexts.

    ``detached`` is asked when a thread is started or work is handed in. It returns the context in which a pool's own
    threads and processes begin, which belongs to the running app and no tenant, or None where neither is bound;
    then everything stays as it is.
    """
    inherit = functools.partial(_inheriting, detached)
    carry = functools.partial(_carrying, detached)
    detach = functools.partial(_detaching, detached)
    for owner, name, change in (
        (threading.Thread, "start", inherit),
        (ThreadPoolExecutor, "submit", carry),
        (Future, "add_done_callback", carry),
        *((ThreadPool, name, carry) for name in _THREAD_POOL_METHODS),
        # The threads and processes of these pools are made here. Work for processes is pickled: a tenant stays here.
        (ThreadPool, "__init__", detach),
        (ProcessPoolExecutor, "submit", detach),
    ):
        setattr(owner, name, change(getattr(owner, name)))


def _inheriting(detached: Detached, start: Function) -> Function:
    @functools.wraps(start)
    def start_in_context(thread: threading.Thread) -> None:
        if detached() is not None:
            context, run = contextvars.copy_context(), thread.run

            def run_in_context() -> None:
                # Taken off again, for it and the thread hold each other.
                del thread.run
                context.run(run)

            thread.run = run_in_context  # type: ignore[method-assign]  # what the new thread calls
        start(thread)

    return start_in_context


def _carrying(detached: Detached, hand_in: Function) -> Function:
    @functools.wraps(hand_in)
    def hand_in_with_context(self: Any, function: Function, /, *args: Any, **kwargs: Any) -> Any:
        outside = detached()
        if outside is None:
            return hand_in(self, function, *args, **kwargs)
        context = contextvars.copy_context()

        def work(*arguments: Any, **named: Any) -> Any:
            # A copy each time: several threads of a pool may work on one iterable, and a context admits one at a time.
            return context.copy().run(function, *arguments, **named)

        return outside.run(hand_in, self, work, *args, **kwargs)

    return hand_in_with_context


def _detaching(detached: Detached, function: Function) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        outside = detached()
        return function(*args, **kwargs) if outside is None else outside.run(function, *args, **kwargs)

    return call
