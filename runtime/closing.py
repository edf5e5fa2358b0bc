"""Closing what app code opened, whatever way it wants to be closed, and from whatever thread that is asked for."""

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

__all__ = ["Closer", "close_by_its_own_means"]

log = structlog.get_logger(__name__)

Close = Callable[[Any], object]

_OWN_MEANS = ("aclose", "close")
_EXITS = ("__aexit__", "__exit__")
CLOSE_SECONDS = 10.0


def close_by_its_own_means(resource: object) -> object:
    """Call the first there is of ``aclose``, ``close``, ``__aexit__`` and ``__exit__``; return what it returns."""
    for name in _OWN_MEANS:
        if callable(close := getattr(resource, name, None)):
            return close()
    for name in _EXITS:
        if callable(leave := getattr(resource, name, None)):
            return leave(None, None, None)
    return None


class Closer:
    """Closes resources one by one. What one raises is logged: nobody waits for it who could be told.

    ``close`` may be called in any thread. Where closing takes a coroutine, it runs on the running loop, else on the
    loop of ``start``, else on one made for it.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which resources live that are let go elsewhere."""
        self._loop = loop

    async def stop(self) -> None:
        """Wait until everything that is being closed is closed, for ten seconds at most."""
        # Those that other threads asked for become tasks in the next turn of the loop.
        await asyncio.sleep(0)
        if self._closing:
            _, late = await asyncio.wait(tuple(self._closing), timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            if late:
                log.warning("resources_not_closed_in_time", count=len(late))
        self._loop = None

    def close(self, resource: object, close: Close, **named: str) -> None:
        """Close a resource; ``named`` goes into the log line of a failure."""
        try:
            closing = close(resource)
        # It is app code, and may fail in any way.
        except Exception:
            log.exception("resource_not_closed", **named)
            return
        if inspect.isawaitable(closing):
            self._run(_finish(closing, named))

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call a function on the loop after a while; where there is none, not at all."""
        loop = self._home()
        if loop is not None:
            loop.call_soon_threadsafe(loop.call_later, seconds, function)

    def _run(self, closing: Coroutine[Any, Any, None]) -> None:
        loop = self._home()
        if loop is None:
            # A thread, because this one may be inside a callback of a loop that has just ended.
            thread = threading.Thread(target=asyncio.run, args=(closing,))
            thread.start()
            thread.join()
        elif loop is _running_loop():
            self._keep(loop, closing)
        else:
            loop.call_soon_threadsafe(self._keep, loop, closing)

    def _keep(self, loop: asyncio.AbstractEventLoop, closing: Coroutine[Any, Any, None]) -> None:
        task = loop.create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _home(self) -> asyncio.AbstractEventLoop | None:
        if (running := _running_loop()) is not None:
            return running
        return self._loop if self._loop is not None and self._loop.is_running() else None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    with contextlib.suppress(RuntimeError):
        return asyncio.get_running_loop()
    return None


async def _finish(closing: Any, named: dict[str, str]) -> None:
    try:
        await closing
    # As above.
    except Exception:
        log.exception("resource_not_closed", **named)
