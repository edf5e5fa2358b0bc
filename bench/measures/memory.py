"""Memory of one more tenant: a runtime that has served each of thousands, against a stock process for each."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.ground import ASSISTANT, Ground
from bench.keepalive import KeptConnection
from bench.many_tenants import many_tenants
from bench.plan import Plan
from bench.processes import resident_bytes
from bench.progress import report_progress
from bench.rows import Row, Subject, at_most
from bench.servers import Target, our_runtime, serving, stock

__all__ = ["measure"]

WARM_UP_TENANTS = 200
"""Served before the first look, so that what a process allocates once is not counted as a tenant's."""


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield kilobytes a loaded tenant; loaded means that its page was served."""
    stocks = (stock(ground, Subject.INSTALLED, ASSISTANT), stock(ground, Subject.EQUAL, ASSISTANT))
    with serving(ground, *stocks) as targets:
        figures = {target.subject: _kilobytes(resident_bytes(target.pid)) for target in targets}
    with many_tenants(ground, ASSISTANT, WARM_UP_TENANTS + plan.loaded_tenants) as states:
        hosts = [state.hosts[0] for state in states]
        with serving(ground, our_runtime(ground, hosts)) as (target,):
            _visit(target, hosts[:WARM_UP_TENANTS])
            before = resident_bytes(target.pid)
            _visit(target, hosts[WARM_UP_TENANTS:])
            after = resident_bytes(target.pid)
    figures[Subject.OURS] = _kilobytes((after - before) / plan.loaded_tenants)
    yield Row(
        name="memory a loaded tenant", unit="KB", figures=figures, budget=at_most(20.0),
        note=f"Growth of one runtime's resident memory over {plan.loaded_tenants:,} tenants, each asked for its page;"
        " stock: a whole process, idle.",
        details={"runtime_before_bytes": before, "runtime_after_bytes": after},
    )  # fmt: skip


def _visit(target: Target, hosts: list[str]) -> None:
    with KeptConnection(target.port) as connection:
        for number, host in enumerate(hosts):
            if number % 100 == 0:
                report_progress(f"memory: {number} of {len(hosts)} tenants asked for their page")
            answer = connection.get(host, "/")
            assert answer.status == 200, f"{host} answered {answer.status}"


def _kilobytes(size: float) -> Figure:
    return Figure((size / 1000,))
