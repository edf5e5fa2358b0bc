"""A whole attack: tenants settle, workers attack until enough was asked, and the log is searched in the end."""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import tests.isolation.over_access
import tests.isolation.over_brand
import tests.isolation.over_events
import tests.isolation.over_history
import tests.isolation.over_http
import tests.isolation.over_proxy
import tests.isolation.over_sockets  # noqa: F401 - all are imported for their moves
from tests.isolation.attack import MOVES, Attack, Scene
from tests.isolation.evidence import Evidence, Fault, LeakError
from tests.isolation.forking import ForkServer
from tests.isolation.ground import Ground, attacked_ground
from tests.isolation.identity_provider import identity_provider
from tests.isolation.people import Person
from tests.isolation.settling import settle_all
from tests.isolation.stores import Stores

__all__ = ["Plan", "Report", "attack"]

LOGGED = 5
"""Faults whose lines of the log are told."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done. The same plan makes the same decisions again."""

    requests: int
    seed: int
    tenants: int = 6
    processes: int = 1
    workers: int = 8
    focus: tuple[str, ...] = ()
    mutation: str = ""


@dataclass
class Report:
    """What came of it; ``leak`` is None where nothing leaked."""

    plan: Plan
    requests: int = 0
    seconds: float = 0.0
    leak: LeakError | None = None
    trace: list[str] = field(default_factory=list)
    moves: str = ""
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: str = ""
    """What the processes wrote of the faults."""

    def __str__(self) -> str:
        rate = self.requests / self.seconds if self.seconds else 0.0
        found = f"leaks={int(self.leak is not None)} errors={len(self.faults)}"
        return f"requests={self.requests} {found} requests/s={rate:.0f} {self.plan}"

    @property
    def reproduction(self) -> str:
        """How to see the leak or the first fault again, and what led to it."""
        again = f"make test-isolation N={self.plan.requests} SEED={self.plan.seed}"
        if self.leak is None:
            return "\n".join(
                line
                for fault in self.faults[:1]
                for line in (
                    f"ERROR: {fault.received.decode(errors='replace')}",
                    f"again: {again}",
                    *fault.asked,
                    self.log,
                )
            )
        return "\n".join(
            [
                f"LEAK: {self.leak.what}",
                f"again: {again} (worker and moves: {self.moves})",
                "seen:",
                *self.leak.shown,
                "asked before, the last at the end:",
                *self.trace,
            ]
        )


async def attack(plan: Plan, forks: ForkServer, stores: Stores) -> Report:
    """Run a plan on processes of its own."""
    report, rng = Report(plan), random.Random(plan.seed)
    with TemporaryDirectory(prefix="isolation-") as folder:
        async with (
            identity_provider() as provider,
            attacked_ground(
                Path(folder),
                rng,
                forks,
                stores,
                tenants=plan.tenants,
                processes=plan.processes,
                mutation=plan.mutation,
                provider=provider,
            ) as ground,
        ):
            await _attack(ground, plan, rng, report)
    return report


async def _attack(ground: Ground, plan: Plan, rng: random.Random, report: Report) -> None:
    people: list[Person] = []
    started = time.monotonic()
    try:
        victims, attackers = await settle_all(ground, rng)
        people = [*victims, *attackers]
        started = time.monotonic()
        scene = Scene(ground, victims, attackers, Evidence(ground.tenants))
        seeds = [rng.getrandbits(64) for _ in range(plan.workers)]
        workers = [asyncio.create_task(_work(scene, plan, number, seed, report)) for number, seed in enumerate(seeds)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            report.requests, report.statuses, report.faults = scene.requests, scene.statuses, scene.faults
            report.log = _log_of(ground, scene.faults)
        if not plan.focus:
            _search_log(ground, people)
    except LeakError as leak:
        report.leak = report.leak or leak
    report.seconds = time.monotonic() - started
    for person in people:
        await person.chat.close()


async def _work(scene: Scene, plan: Plan, number: int, seed: int, report: Report) -> None:
    hands = Attack(scene, random.Random(seed))
    names = list(plan.focus or MOVES)
    weights = [MOVES[name][0] for name in names]
    moved: list[str] = []
    try:
        for _ in itertools.count():
            if scene.requests >= plan.requests or report.leak is not None:
                break
            (name,) = hands.rng.choices(names, weights)
            moved.append(name)
            await MOVES[name][1](hands)
        if report.leak is None:
            moved.append("look")
            await MOVES["look"][1](hands)
    except LeakError as leak:
        if report.leak is None:
            report.leak, report.trace = leak, list(hands.trace)
            report.moves = f"worker {number}, move {len(moved)}: {', '.join(moved[-5:])}"
        raise
    finally:
        await hands.close()


def _log_of(ground: Ground, faults: Sequence[Fault]) -> str:
    ids = {fault.request_id for fault in faults[:LOGGED]}
    return "\n".join(line for line in ground.log.splitlines() if any(each and each in line for each in ids))


def _search_log(ground: Ground, people: Sequence[Person]) -> None:
    """Raise ``LeakError`` when a credential or a tenant's secret is in the log."""
    log = ground.log
    for person in people:
        for kind in ("token", "dead token", "session", "transport"):
            for value in person.loot[kind]:
                if value and value in log:
                    raise LeakError(f"a {kind} is in the log", [log[log.index(value) - 300 :][:600]])
