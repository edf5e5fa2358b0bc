"""Seam: the pauses in Chainlit's messages and steps.

Each ``Message`` and ``Step`` begins with ``time.sleep(0.001)``, so that two made one after the other differ in their
times, by which pages and data layers order them. All chats of the process stand still meanwhile. Here the chat's own
clock goes on by that millisecond instead, and nobody waits: times within a chat stay as far apart as Chainlit has
them, and may run ahead of the wall clock by a millisecond a message that was made faster.
"""

import asyncio
import sys
import time
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from chainlit.context import context_var
from chainlit.message import MessageBase
from chainlit.session import BaseSession
from chainlit.step import Step
from chainlit.utils import utc_now

from runtime.chainlit_host.rebinding import rebind

__all__ = ["ChatClock"]

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - Chainlit writes UTC without an offset


class ChatClock:
    """The time of each chat: the wall clock's, and never less than what its pauses have made of it."""

    def __init__(self) -> None:
        self._earliest: WeakKeyDictionary[BaseSession, int] = WeakKeyDictionary()

    def install(self) -> None:
        """Take the pauses out of messages and steps, and let every time stamp of Chainlit be the chat's."""
        for pausing in (MessageBase, Step):
            # By way of the class: the name chainlit.step is a decorator's, which hides the module.
            vars(sys.modules[pausing.__module__])["time"] = _TimeModule(self)
        rebind(utc_now, self.now)

    def pause(self, seconds: float) -> None:
        """Let time pass for the running chat; outside a chat it has to be waited for.

        A thread waits, too: it keeps nobody waiting, and what the loop does meanwhile belongs to Chainlit's order of
        things (a message made in a thread whose task was stopped no longer counts as a part of that task).
        """
        session = _session()
        if session is None or not _on_a_loop():
            time.sleep(seconds)
        else:
            self._earliest[session] = self._microseconds(session) + round(seconds * 1_000_000)

    def now(self) -> str:
        """Return the time as Chainlit's ``utc_now`` writes it: ISO 8601 with microseconds, and a Z."""
        return (EPOCH + timedelta(microseconds=self._microseconds(_session()))).isoformat() + "Z"

    def _microseconds(self, session: BaseSession | None) -> int:
        wall_clock = time.time_ns() // 1000
        return wall_clock if session is None else max(wall_clock, self._earliest.get(session, 0))


class _TimeModule:
    """Stands where those two modules have imported ``time``."""

    def __init__(self, clock: ChatClock) -> None:
        self.sleep = clock.pause

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _session() -> BaseSession | None:
    context = context_var.get(None)
    return None if context is None else context.session
