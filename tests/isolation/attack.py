"""One attacker's hands: asks, keeps what was asked last, and judges every answer."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.isolation.evidence import Evidence, Fault, LeakError, is_fault
from tests.isolation.ground import Ground
from tests.isolation.people import Person
from tests.isolation.tenants import Tenant
from tests.isolation.wire import SECONDS, SILENCE, Answer, Ask, Connection

REMEMBERED = 6


@dataclass
class Scene:
    """What all attackers of a run share."""

    ground: Ground
    victims: list[Person]
    attackers: list[Person]
    evidence: Evidence
    requests: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    moved: asyncio.Lock = field(default_factory=asyncio.Lock)
    reused: set[tuple[str, str]] = field(default_factory=set)
    """Ids of others that an attacker has used at home, where they are the attacker's own from then on."""
    talking: dict[object, asyncio.Lock] = field(default_factory=dict)

    def turn(self, who: object) -> asyncio.Lock:
        """Return the lock of a chat: two sockets of one session take the answers from each other."""
        return self.talking.setdefault(who, asyncio.Lock())


class Attack:
    """One worker: its own random numbers, its own connections."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self.scene = scene
        self.rng = rng
        self.trace: deque[str] = deque(maxlen=REMEMBERED)
        self._connections: dict[tuple[int, str], Connection] = {}

    def cast(self) -> tuple[Person, Person]:
        """Return who attacks and who is attacked: of another tenant, or of the same where people sign in."""
        me = self.rng.choice(self.scene.attackers)
        others = [each for each in self.scene.victims if each.tenant is not me.tenant or me.tenant.signs_in]
        return me, self.rng.choice(others)

    def foreign(self) -> tuple[Person, Person]:
        """Return who attacks and who is attacked, of two tenants."""
        me = self.rng.choice(self.scene.attackers)
        return me, self.rng.choice([each for each in self.scene.victims if each.tenant is not me.tenant])

    async def ask(
        self,
        ask: Ask,
        *,
        at: Tenant | None,
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
        port = port or self.rng.choice(scene.ground.ports)
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
        self, received: bytes, *, at: Tenant | None, person: str = "", sent: bytes = b"", revision: int = 0
    ) -> None:
        """Raise ``LeakError`` for anything that belongs to somebody else."""
        self.scene.evidence.check(received, at=at, person=person, sent=sent, revision=revision)

    def judge_frames(self, frames: Sequence[str], person: Person) -> None:
        """Judge what came over somebody's socket."""
        self.judge("\n".join(frames).encode(), at=person.tenant, person=person.name)

    async def close(self) -> None:
        """Hang up everywhere."""
        for connection in self._connections.values():
            await connection.close()


Move = Callable[[Attack], Awaitable[Any]]
MOVES: dict[str, tuple[int, Move]] = {}


def move(name: str, weight: int) -> Callable[[Move], Move]:
    """Register a move under the name by which it can be asked for alone."""

    def register(function: Move) -> Move:
        MOVES[name] = weight, function
        return function

    return register
