"""Attackers of the control plane: whom they attack, what they are given, and the moves that they know."""

from dataclasses import dataclass
from typing import Any

from tests.isolation.control_plane.browser import CREDENTIALS, Browser, cookies_of
from tests.isolation.control_plane.cast import Site
from tests.isolation.control_plane.ground import Ground
from tests.isolation.evidence import LeakError
from tests.isolation.hands import Hands, Moves, Tally
from tests.isolation.wire import Answer

__all__ = ["MOVES", "Attack", "Scene", "expect_nobody", "move"]


@dataclass(kw_only=True)
class Scene(Tally):
    """What all attackers of a run share. ``let_in`` counts who was rightly let in: who keeps all out leaks nothing."""

    ground: Ground
    sites: list[Site]
    let_in: int = 0


class Attack(Hands[Scene]):
    """One worker."""

    def two(self) -> tuple[Site, Site]:
        """Return two tenants: the attacker's, and another one."""
        mine, other = self.rng.sample(self.scene.sites, 2)
        return mine, other

    def browser(self, site: Site, *, host: str = "") -> Browser:
        """Open a browser that was nowhere yet."""
        return Browser(self, site, host=host)

    async def issue(self, kind: str, site: Site, *, copied_to: Site | None = None, **values: str) -> dict[str, Any]:
        """Return what somebody of a tenant is given; another tenant may have got a copy of what is stored of it."""
        copied = {"copied_to": copied_to.tenant_id} if copied_to else {}
        return await self.scene.ground.order(kind=kind, tenant_id=site.tenant_id, **copied, **values)

    def expect_somebody(self, browser: Browser, answer: Answer, email: str) -> None:
        """Count somebody who was let in rightly, as nobody else."""
        told = browser.person.get("identifier")
        assert told is not None, (answer.plain, self.scene.ground.log[-900:])
        if told != email:
            raise LeakError(f"{email} was let in as {told}", (answer.plain,))
        self.scene.let_in += 1


def expect_nobody(answer: Answer, why: str) -> None:
    """Raise ``LeakError`` where an answer lets somebody in, or on."""
    if given := {name for name, value in cookies_of(answer).items() if value} & CREDENTIALS:
        raise LeakError(f"{why} was given {', '.join(sorted(given))}", (answer.plain,))


MOVES: Moves[Attack] = Moves()
move = MOVES.move
