"""Writes on their way to the database: in order, one conversation at a time, repeated until they are stored.

Chainlit starts each write as a task that nobody awaits and logs what it raises, so a database that is away for a
second loses a message without a word. Here a write waits its turn in the lane of its conversation; while the database
is away the lane stands, the chat goes on, and the person is told.
"""

import asyncio
import contextvars
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

import structlog

from tenants.contract.errors import UnavailableError

__all__ = ["Lane", "Outbox", "Teller", "WriteRefusedError", "captured"]

Given = ParamSpec("Given")
Taken = TypeVar("Taken")

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0

CAPACITY = {"conversation": 20_000, "files": 400}
"""How many writes may wait in the process, by their kind. Each of a file keeps that file open."""
SHARE_OF_A_TENANT = 4
"""A tenant's writes may take one in so many of the places, so that others find theirs."""


class Lane(NamedTuple):
    """Whose writes are done one after the other: ``kind`` is ``conversation`` or ``files``."""

    tenant_id: str
    kind: str
    thread_id: str


class WriteRefusedError(Exception):
    """A write that no repetition will help. ``silent``: what it was for is gone, so nothing is lost."""

    def __init__(self, reason: str, *, silent: bool = False) -> None:
        super().__init__(reason)
        self.silent = silent


def captured(make: Callable[Given, Taken], *args: Given.args, **kwargs: Given.kwargs) -> Callable[[], Taken]:
    """Call ``make`` now and return what gives its value when the write's turn has come.

    Values that cannot be stored then end the write as refused, where it is told; raised now, nobody would hear of it.
    """
    try:
        value = make(*args, **kwargs)
    except (ValueError, TypeError) as error:
        reason = repr(error)

        def refuse() -> Taken:
            raise WriteRefusedError(reason)

        return refuse
    return lambda: value


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
class _Queue:
    writes: deque[_Write] = field(default_factory=deque)
    stands: bool = False
    lost: int = 0


class Outbox:
    """All lanes of the process. A write is given up after ``patience_seconds``, or when too many others wait."""

    def __init__(self, *, patience_seconds: float = 600.0, capacity: Mapping[str, int] = CAPACITY) -> None:
        self._patience_seconds = patience_seconds
        self._capacity = capacity
        self._queues: dict[Lane, _Queue] = {}
        self._waiting: Counter[str | tuple[str, str]] = Counter()
        """How many wait, by kind and by tenant and kind."""
        self._workers: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.lost = 0
        """How many writes were given up since the start."""

    @property
    def waiting(self) -> int:
        """How many writes are not stored yet."""
        return sum(self._waiting[kind] for kind in self._capacity)

    async def write(self, lane: Lane, run: Callable[[], Awaitable[None]], *, what: str, teller: Teller) -> None:
        """Have ``run`` called after all earlier writes of its lane, and return when it was tried once.

        It is called again until it returns; ``WriteRefusedError`` ends that. Any other exception is taken for a
        trouble that passes. ``what`` names the write in the log.
        """
        tried = self.begin(lane, run, what=what, teller=teller)
        await tried.wait()

    def begin(self, lane: Lane, run: Callable[[], Awaitable[None]], *, what: str, teller: Teller) -> asyncio.Event:
        """Do what ``write`` does without waiting; the event is set once the write was tried."""
        write = _Write(run, what, teller, time.monotonic() + self._patience_seconds)
        if self._is_full(lane):
            self._count_lost(write, "too many writes wait")
            self._run(_tell(teller.lost(1)))
            write.tried.set()
            return write.tried
        self._count(lane, 1)
        queue = self._queues.get(lane)
        if queue is None:
            queue = self._queues[lane] = _Queue()
            queue.writes.append(write)
            self._run(self._work(lane, queue))
        else:
            queue.writes.append(write)
            if queue.stands:
                self._run(_tell(teller.waiting()))
                write.tried.set()
        return write.tried

    def _is_full(self, lane: Lane) -> bool:
        capacity = self._capacity[lane.kind]
        own = self._waiting[lane.tenant_id, lane.kind]
        return self._waiting[lane.kind] >= capacity or own >= max(1, capacity // SHARE_OF_A_TENANT)

    def _count(self, lane: Lane, number: int) -> None:
        self._waiting[lane.kind] += number
        own = lane.tenant_id, lane.kind
        self._waiting[own] += number
        if not self._waiting[own]:
            del self._waiting[own]

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
        for queue in self._queues.values():
            for write in queue.writes:
                self._count_lost(write, "process ends")

    async def _work(self, lane: Lane, queue: _Queue) -> None:
        pause = FIRST_PAUSE_SECONDS
        while queue.writes:
            write = queue.writes[0]
            try:
                await write.run()
            except WriteRefusedError as error:
                if not error.silent:
                    await self._lose(queue, write, str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, it may pass; what is lost for good is said below
                if time.monotonic() < write.given_up_at:
                    await self._stand(queue, write, error)
                    await self._pause(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                    continue
                await self._lose(queue, write, repr(error))
            pause = FIRST_PAUSE_SECONDS
            queue.writes.popleft()
            self._count(lane, -1)
            write.tried.set()
            if not queue.writes and queue.stands and not queue.lost:
                log.info("conversation_saved_after_all")
                await _tell(write.teller.saved())
        del self._queues[lane]

    async def _stand(self, queue: _Queue, write: _Write, error: Exception) -> None:
        if not queue.stands:
            # A trouble that the domain has no name for is a fault of ours, which wants its trace.
            known = isinstance(error, UnavailableError)
            log.warning("conversation_not_saved", what=write.what, error=repr(error), exc_info=not known)
            queue.stands = True
        # A copy: while somebody is told, more may be written, which ``begin`` tells of itself.
        for waiting in tuple(queue.writes):
            if not waiting.tried.is_set():
                waiting.tried.set()
                await _tell(waiting.teller.waiting())

    async def _lose(self, queue: _Queue, write: _Write, reason: str) -> None:
        queue.lost += 1
        self._count_lost(write, reason)
        await _tell(write.teller.lost(queue.lost))

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
