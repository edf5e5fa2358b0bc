"""How long a runtime takes to start, with few tenants in the registry and with many."""

import time
from collections.abc import Iterator
from contextlib import nullcontext

from bench.figures import Figure
from bench.ground import ASSISTANT, Ground, host_of
from bench.keepalive import KeptConnection
from bench.many_tenants import many_tenants
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Row, Subject, at_most
from bench.servers import our_runtime, serving, stock

__all__ = ["measure"]

FEW = 10
TOLERATED_RATIO = 1.1
"""Starts vary by a few percent by themselves; more than this would be growth."""


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield the times from starting the process to its first page, and their ratio."""
    host = host_of(ground.tenants(ASSISTANT, FEW)[0].slug)
    few: list[float] = []
    many: list[float] = []
    installed, equal = [], []
    for number in range(plan.rounds):
        report_progress(f"start: round {number + 1} of {plan.rounds}")
        # Every other round begins with many, so that what the rows' writing leaves behind hits both alike.
        for has_many in (False, True) if number % 2 == 0 else (True, False):
            with many_tenants(ground, ASSISTANT, plan.loaded_tenants) if has_many else nullcontext():
                (many if has_many else few).append(_start_ours(ground, host))
        installed.append(_start_stock(ground, Subject.INSTALLED))
        equal.append(_start_stock(ground, Subject.EQUAL))
    stocks = {Subject.INSTALLED: Figure(tuple(installed)), Subject.EQUAL: Figure(tuple(equal))}
    yield Row(
        name=f"start, {FEW} tenants", unit="s", figures={Subject.OURS: Figure(tuple(few)), **stocks},
        note="From starting the process to its first page; ours loads two apps, stock one.",
    )  # fmt: skip
    yield Row(
        name=f"start, {plan.loaded_tenants:,} tenants", unit="s", figures={Subject.OURS: Figure(tuple(many)), **stocks}
    )
    growth = tuple(large / small for large, small in zip(many, few, strict=True))
    yield Row(
        name="start, many to few", unit="ratio", figures={Subject.OURS: Figure(growth)},
        budget=at_most(TOLERATED_RATIO), note=f"{plan.loaded_tenants:,} tenants against {FEW}.",
    )  # fmt: skip


def _start_ours(ground: Ground, host: str) -> float:
    server = our_runtime(ground, [host])
    began = time.perf_counter()
    with serving(ground, server) as (target,), KeptConnection(target.port) as connection:
        assert connection.get(host, "/").status == 200
        return time.perf_counter() - began


def _start_stock(ground: Ground, subject: Subject) -> float:
    server = stock(ground, subject, ASSISTANT)
    began = time.perf_counter()
    with serving(ground, server):  # ready when it answers with its page
        return time.perf_counter() - began
