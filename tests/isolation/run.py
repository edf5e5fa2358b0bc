"""A whole attack: tenants settle, workers attack until enough was asked, and the log is searched in the end."""

import random
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import tests.isolation.over_access
import tests.isolation.over_brand
import tests.isolation.over_events
import tests.isolation.over_history
import tests.isolation.over_http
import tests.isolation.over_previews
import tests.isolation.over_proxy
import tests.isolation.over_sockets  # noqa: F401 - all are imported for their moves
from tests.isolation.attack import MOVES, Attack, Scene
from tests.isolation.evidence import Evidence, LeakError
from tests.isolation.forking import ForkServer
from tests.isolation.ground import Ground, attacked_ground
from tests.isolation.identity_provider import identity_provider
from tests.isolation.people import Person
from tests.isolation.report import Plan, Report
from tests.isolation.settling import settle_all
from tests.isolation.stores import Stores
from tests.isolation.workers import let_loose, lines_of_faults

__all__ = ["Plan", "Report", "attack"]


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
        scene = Scene(
            ports=ground.ports,
            evidence=Evidence(ground.tenants),
            ground=ground,
            victims=victims,
            attackers=attackers,
        )
        try:
            await let_loose(report, scene, MOVES, lambda rng: Attack(scene, rng), rng=rng, last="look")
        finally:
            report.log = lines_of_faults(ground.log, report)
        if not plan.focus:
            _search_log(ground, people)
    except LeakError as leak:
        report.leak = report.leak or leak
    report.seconds = time.monotonic() - started
    for person in people:
        await person.chat.close()


def _search_log(ground: Ground, people: Sequence[Person]) -> None:
    """Raise ``LeakError`` when a credential or a tenant's secret is in the log."""
    log = ground.log
    for person in people:
        for kind in ("token", "dead token", "session", "transport"):
            for value in person.loot[kind]:
                if value and value in log:
                    raise LeakError(f"a {kind} is in the log", [log[log.index(value) - 300 :][:600]])
