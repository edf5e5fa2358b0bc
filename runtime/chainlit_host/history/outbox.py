"""Writes on their way to the database: in order, one conversation at a time, repeated until they are stored.

Chainlit starts each write as a task that nobody awaits and logs what it raises, so a database that is away for a
second loses a message without a word. Here a write waits its turn in the lane of its conversation; while the database
is away the lane stands, the chat goes on, and the person is told.
"""

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from tenants.contract.errors import UnavailableError

__all__ = ["LaneKey", "Outbox", "Teller", "WriteRefusedError"]

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0

LaneKey = Hashable


class WriteRefusedError(Exception):
    """A write that no repetition will help. ``silent``: what it was for is gone, so nothing is lost."""

    def __init__(self, reason: str, *, silent: bool = False) -> None:
        super().__init__(reason)
        self.silent = silent


class Teller(Protocol):
    """Tells the person whose writes wait."""

    async def waiting(self) -> None:
        """Say that something is not saved yet."""

    async def saved(self) -> None:
        """Say that all of it is saved after all."""

    async def lost(self, count: int) -> None:
        """Say that so many things will never be saved."""


@dataclass
class _Write:
    run: Callable[[], Awaitable[None]]
    what: str
    teller: Teller
    given_up_at: float
    tried: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Lane:
    writes: deque[_Write] = field(default_factory=deque)
    stands: bool = False
    lost: int = 0


class Outbox:
    """All lanes of the process. A write is given up after ``patience_seconds``, or when ``capacity`` others wait."""

    def __init__(self, *, patience_seconds: float = 600.0, capacity: int = 20_000) -> None:
        self._patience_seconds = patience_seconds
        self._capacity = capacity
        self._lanes: dict[LaneKey, _Lane] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.waiting = 0
        """How many writes are not stored yet."""
        self.lost = 0
        """How many writes were given up since the start."""

    async def write(self, key: LaneKey, run: Callable[[], Awaitable[None]], *, what: str, teller: Teller) -> None:
        """Have ``run`` called after all earlier writes of its lane, and return when it was tried once.

        It is called again until it returns; ``WriteRefusedError`` ends that. Any other exception is taken for a
        trouble that passes. ``what`` names the write in the log.
        """
        tried = self.begin(key, run, what=what, teller=teller)
        await tried.wait()

    def begin(self, key: LaneKey, run: Callable[[], Awaitable[None]], *, what: str, teller: Teller) -> asyncio.Event:
        """Do what ``write`` does without waiting; the event is set once the write was tried."""
        write = _Write(run, what, teller, time.monotonic() + self._patience_seconds)
        if self.waiting >= self._capacity:
            self._count_lost(write, "too many writes wait")
            self._run(_tell(teller.lost(1)))
            write.tried.set()
            return write.tried
        self.waiting += 1
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
            lane.writes.append(write)
            self._run(self._work(key, lane))
        else:
            lane.writes.append(write)
            if lane.stands:
                self._run(_tell(teller.waiting()))
                write.tried.set()
        return write.tried

    def _run(self, coroutine: Coroutine[None, None, None]) -> None:
        # Outside every request: a lane outlives the event that opened it, and serves others.
        task = asyncio.get_running_loop().create_task(coroutine, context=contextvars.Context())
        self._workers.add(task)
        task.add_done_callback(self._workers.discard)

    async def close(self, seconds: float) -> None:
        """Try everything that waits at once and until the time is over; the rest is lost, which the log says."""
        self._closing.set()
        if self._workers:
            await asyncio.wait(self._workers, timeout=seconds)
        for worker in self._workers:
            worker.cancel()
        for lane in self._lanes.values():
            for write in lane.writes:
                self._count_lost(write, "process ends")

    async def _work(self, key: LaneKey, lane: _Lane) -> None:
        pause = FIRST_PAUSE_SECONDS
        while lane.writes:
            write = lane.writes[0]
            try:
                await write.run()
            except WriteRefusedError as error:
                if not error.silent:
                    await self._lose(lane, write, str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, it may pass; what is lost for good is said below
                if time.monotonic() < write.given_up_at:
                    await self._stand(lane, write, error)
                    await self._pause(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                    continue
                await self._lose(lane, write, repr(error))
            pause = FIRST_PAUSE_SECONDS
            lane.writes.popleft()
            self.waiting -= 1
            write.tried.set()
            if not lane.writes and lane.stands and not lane.lost:
                log.info("conversation_saved_after_all")
                await _tell(write.teller.saved())
        del self._lanes[key]

    async def _stand(self, lane: _Lane, write: _Write, error: Exception) -> None:
        if not lane.stands:
            # A trouble that the domain has no name for is a fault of ours, which wants its trace.
            known = isinstance(error, UnavailableError)
            log.warning("conversation_not_saved", what=write.what, error=repr(error), exc_info=not known)
            lane.stands = True
        for waiting in lane.writes:
            if not waiting.tried.is_set():
                waiting.tried.set()
                await _tell(waiting.teller.waiting())

    async def _lose(self, lane: _Lane, write: _Write, reason: str) -> None:
        lane.lost += 1
        self._count_lost(write, reason)
        await _tell(write.teller.lost(lane.lost))

    def _count_lost(self, write: _Write, reason: str) -> None:
        self.lost += 1
        log.error("conversation_write_lost", what=write.what, reason=reason)

    async def _pause(self, seconds: float) -> None:
        if self._closing.is_set():
            # The last attempts before the process ends, without a tight loop.
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
            return
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


async def _tell(telling: Awaitable[None]) -> None:
    try:
        await telling
    # The person may be gone, and their socket fail in any way; the writes go on.
    except Exception:
        log.exception("person_not_told")
