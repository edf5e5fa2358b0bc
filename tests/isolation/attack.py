"""Attackers of the runtime: who they are, whom they attack, and the moves that they know."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.isolation.evidence import LeakError, Owner
from tests.isolation.ground import Ground
from tests.isolation.hands import Hands, Moves, Tally
from tests.isolation.people import Person

__all__ = ["MOVES", "Attack", "Scene", "move"]


@dataclass(kw_only=True)
class Scene(Tally):
    """What all attackers of a run share."""

    ground: Ground
    victims: list[Person]
    attackers: list[Person]
    moved: asyncio.Lock = field(default_factory=asyncio.Lock)
    reused: set[tuple[str, str]] = field(default_factory=set)
    """Ids of others that an attacker has used at home, where they are the attacker's own from then on."""
    talking: dict[object, asyncio.Lock] = field(default_factory=dict)

    def turn(self, who: object) -> asyncio.Lock:
        """Return the lock of a chat: two sockets of one session take the answers from each other."""
        return self.talking.setdefault(who, asyncio.Lock())


class Attack(Hands[Scene]):
    """One worker. ``drafted`` is the word of the draft that it looks at just now with all that this takes."""

    drafted = b""

    def cast(self) -> tuple[Person, Person]:
        """Return who attacks and who is attacked: of another tenant, or of the same where people sign in."""
        me = self.rng.choice(self.scene.attackers)
        others = [each for each in self.scene.victims if each.tenant is not me.tenant or me.tenant.signs_in]
        return me, self.rng.choice(others)

    def foreign(self) -> tuple[Person, Person]:
        """Return who attacks and who is attacked, of two tenants."""
        me = self.rng.choice(self.scene.attackers)
        return me, self.rng.choice([each for each in self.scene.victims if each.tenant is not me.tenant])

    def judge(
        self, received: bytes, *, at: Owner | None, person: str = "", sent: bytes = b"", revision: int = 0
    ) -> None:
        """Raise ``LeakError`` for anything that belongs to somebody else, or to a draft that is not looked at."""
        super().judge(received, at=at, person=person, sent=sent, revision=revision)
        for word in re.findall(rb"draft-[0-9a-f]{12}", received):
            if word != self.drafted and word not in sent:
                raise LeakError("a draft was answered to somebody who may not see it", (received,))

    def judge_frames(self, frames: Sequence[str], person: Person) -> None:
        """Judge what came over somebody's socket."""
        self.judge("\n".join(frames).encode(), at=person.tenant, person=person.name)


MOVES: Moves[Attack] = Moves()
move = MOVES.move
