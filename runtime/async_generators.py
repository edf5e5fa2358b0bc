"""Async generators that nobody finished, such as a stream that was broken off: who closes them, and for whom.

The code in a generator's ``finally`` would run for whichever tenant was just served when garbage was collected: Python
closes the generator right there, for nest_asyncio's loops have none of asyncio's own hooks. Here a task of the loop
closes it, in the context in which it was first asked for a value.
"""

import contextvars
import functools
import sys
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from typing import Any
from weakref import ref

__all__ = ["follow_async_generators"]

Generator = AsyncGenerator[Any, Any]


def follow_async_generators(loop: AbstractEventLoop) -> None:
    """Close what is left over of this thread's async generators on ``loop``, each in its own context."""
    contexts = _Contexts()

    def close_later(generator: Generator) -> None:
        context = contexts.take(generator)
        if not loop.is_closed():
            # The task is made in that context, and so runs in a copy of it. The collector may run in any thread.
            loop.call_soon_threadsafe(functools.partial(loop.create_task, generator.aclose()), context=context)

    sys.set_asyncgen_hooks(firstiter=contexts.remember, finalizer=close_later)


class _Contexts:
    """The context of each generator under way, by its identity: a dying object cannot be found by a weak reference."""

    def __init__(self) -> None:
        self._living: dict[int, tuple[ref[Generator], contextvars.Context]] = {}
        self._dying: dict[int, contextvars.Context] = {}

    def remember(self, generator: Generator) -> None:
        """Keep the present context for a generator."""
        key = id(generator)
        # Those that ended by themselves are never taken; their time is over when the next one begins.
        self._dying.clear()
        self._living[key] = ref(generator, lambda _: self._die(key)), contextvars.copy_context()

    def take(self, generator: Generator) -> contextvars.Context:
        """Return the context of a generator that is just being collected; an empty one where it is not known."""
        known = self._dying.pop(id(generator), None)
        return known if known is not None else contextvars.Context()

    def _die(self, key: int) -> None:
        # Weak references are cleared right before the finalizer runs, in the same thread.
        entry = self._living.pop(key, None)
        if entry is not None:
            self._dying[key] = entry[1]
