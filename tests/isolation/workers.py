"""Workers that attack side by side until enough was asked or something leaked."""

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.isolation.evidence import LeakError
from tests.isolation.hands import Hands, Moves, Tally
from tests.isolation.report import Report

__all__ = ["let_loose", "lines_of_faults"]

LOGGED = 5
"""Faults whose lines of the log are told."""


async def let_loose(
    report: Report,
    scene: Tally,
    moves: Moves[Any],
    hands: Callable[[random.Random], Hands[Any]],
    *,
    rng: random.Random,
    last: str = "",
) -> None:
    """Attack as the report's plan says and note what came of it there; raises the first ``LeakError``.

    ``last`` is a move that each worker makes in the end.
    """
    seeds = [rng.getrandbits(64) for _ in range(report.plan.workers)]
    workers = [
        asyncio.create_task(_work(report, number, moves, hands(random.Random(seed)), last))
        for number, seed in enumerate(seeds)
    ]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        report.requests, report.statuses, report.faults = scene.requests, scene.statuses, scene.faults


def lines_of_faults(log: str, report: Report) -> str:
    """Return what a log says of the first faults."""
    ids = {fault.request_id for fault in report.faults[:LOGGED]}
    return "\n".join(line for line in log.splitlines() if any(each and each in line for each in ids))


async def _work(report: Report, number: int, moves: Moves[Any], hands: Hands[Any], last: str) -> None:
    plan, scene = report.plan, hands.scene
    names: Sequence[str] = list(plan.focus or moves)
    weights = [moves[name][0] for name in names]
    moved: list[str] = []
    try:
        for _ in itertools.count():
            if scene.requests >= plan.requests or report.leak is not None:
                break
            (name,) = hands.rng.choices(names, weights)
            moved.append(name)
            await moves[name][1](hands)
        if last and report.leak is None:
            moved.append(last)
            await moves[last][1](hands)
    except LeakError as leak:
        if report.leak is None:
            report.leak, report.trace = leak, list(hands.trace)
            report.moves = f"worker {number}, move {len(moved)}: {', '.join(moved[-5:])}"
        raise
    finally:
        await hands.close()
