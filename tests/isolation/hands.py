"""An attacker's hands, whatever is attacked: ask, keep what was asked last, and judge every answer."""

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tests.isolation.evidence import Evidence, Fault, LeakError, Owner, is_fault
from tests.isolation.wire import SECONDS, SILENCE, Answer, Ask, Connection

REMEMBERED = 6

Shared = TypeVar("Shared", bound="Tally")
Attacker = TypeVar("Attacker", bound="Hands[Any]")
Move = Callable[[Attacker], Awaitable[Any]]


@dataclass(kw_only=True)
class Tally:
    """What all attackers of a run share: the ports that are attacked, and what came of it so far."""

    ports: list[int]
    evidence: Evidence
    requests: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class Hands(Generic[Shared]):
    """One worker: its own random numbers, its own connections."""

    def __init__(self, scene: Shared, rng: random.Random) -> None:
        self.scene = scene
        self.rng = rng
        self.trace: deque[str] = deque(maxlen=REMEMBERED)
        self._connections: dict[tuple[int, str], Connection] = {}

    async def ask(
        self,
        ask: Ask,
        *,
        at: Owner | None,
        person: str = "",
        current: bool = False,
        refused: bool = False,
        port: int = 0,
        source: str = "127.0.0.1",
        seconds: float = SECONDS,
    ) -> Answer:
        """Send a request, from an address of this machine, and judge the answer.

        ``at`` is the tenant that is asked, None where there is none; ``current`` says that nothing older than the live
        revision may be answered, ``refused`` that nothing may have been done.
        """
        scene, revision = self.scene, at.live if at is not None and current else 0
        port = port or self.rng.choice(scene.ports)
        connection = self._connections.setdefault((port, source), Connection(port, source=source))
        self.trace.append(repr(ask.encode()[:1200]))
        answer = await connection.ask(ask, seconds=seconds)
        self.count(answer)
        self.judge(answer.plain, at=at, person=person, sent=ask.encode(), revision=revision)
        if refused and (answer is SILENCE or answer.status < 400):
            raise LeakError(f"answered {answer.status} where it must refuse", (ask, answer.plain))
        return answer

    def count(self, answer: Answer) -> None:
        """Count an answer, and remember one that must never be given."""
        self.scene.requests += 1
        self.scene.statuses[answer.status] = self.scene.statuses.get(answer.status, 0) + 1
        if is_fault(answer.status, answer.plain):
            self.scene.faults.append(Fault(answer.status, answer.plain, tuple(self.trace)))

    def judge(
        self, received: bytes, *, at: Owner | None, person: str = "", sent: bytes = b"", revision: int = 0
    ) -> None:
        """Raise ``LeakError`` for anything that belongs to somebody else."""
        self.scene.evidence.check(received, at=at, person=person, sent=sent, revision=revision)

    async def close(self) -> None:
        """Hang up everywhere."""
        for connection in self._connections.values():
            await connection.close()


class Moves(dict[str, tuple[int, Move[Attacker]]]):
    """What attackers of one kind can do: a weight and a function for each name. They are made by ``move``."""

    def move(self, name: str, weight: int) -> Callable[[Move[Attacker]], Move[Attacker]]:
        """Register a move under the name by which it can be asked for alone."""

        def register(function: Move[Attacker]) -> Move[Attacker]:
            self[name] = weight, function
            return function

        return register
