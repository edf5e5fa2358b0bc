"""How long after a commit every runtime process serves the new state."""

import select
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench.figures import Figure, percentile
from bench.ground import ECHO, Ground, host_of
from bench.keepalive import KeptConnection, build_request
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Row, Subject, at_most
from bench.servers import our_runtime, serving

if TYPE_CHECKING:
    from tenants.registry.models import Tenant

__all__ = ["measure"]

SEEN_WITHIN_SECONDS = 10.0


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield p50 and p99 of many publications by the service that the settings page uses."""
    tenant = ground.tenants(ECHO, 1)[0]
    host = host_of(tenant.slug)
    servers = [our_runtime(ground, [host]) for _ in range(plan.runtime_processes)]
    seconds = []
    with serving(ground, *servers) as targets, ExitStack() as stack:
        connections = [stack.enter_context(KeptConnection(target.port)) for target in targets]
        for number in range(plan.publications):
            report_progress(f"publication {number + 1} of {plan.publications}")
            name = f"Name {number} after a change"
            asked_at, committed_at = _publish(tenant, name)
            seen_at = _wait_until_seen(connections, host, name.encode())
            seconds.append((seen_at - asked_at, seen_at - committed_at))
    note = (
        f"{plan.publications} publications, {plan.runtime_processes} runtime processes; until the last of them has"
        " answered with a page that shows the new name."
    )
    for share, text in ((0.5, "p50"), (0.99, "p99")):
        for column, (since, explanation) in enumerate(
            (("COMMIT sent", "Includes writing the transaction to disk. "), ("committed", ""))
        ):
            budget = at_most(10.0) if share == 0.99 else ()
            value = percentile([pair[column] for pair in seconds], share) * 1000
            yield Row(
                name=f"{since} to seen {text}", unit="ms", figures={Subject.OURS: Figure((value,))}, budget=budget,
                note=explanation + note,
            )  # fmt: skip


def _publish(tenant: "Tenant", display_name: str) -> tuple[float, float]:
    """Change the name; return when COMMIT was asked for and when it was answered."""
    from django.db import transaction

    from tenants.registry.actor import SYSTEM
    from tenants.workspace.services.branding import update_branding

    with transaction.atomic():
        update_branding(tenant.pk, values={"display_name": display_name}, actor=SYSTEM)
        asked_at = time.perf_counter()
    return asked_at, time.perf_counter()


def _wait_until_seen(connections: list[KeptConnection], host: str, expected: bytes) -> float:
    """Ask every runtime again and again until each has shown the new name; return when the last of them did."""
    request = build_request(host, "/")
    waiting = {connection.socket: connection for connection in connections}
    for connection in connections:
        connection.send(request)
    deadline = time.perf_counter() + SEEN_WITHIN_SECONDS
    while True:
        for ready in select.select(list(waiting), [], [], SEEN_WITHIN_SECONDS)[0]:
            if expected in waiting[ready].receive().body:
                del waiting[ready]
                if not waiting:
                    return time.perf_counter()
            else:
                waiting[ready].send(request)
        if time.perf_counter() > deadline:
            raise TimeoutError(f"{len(waiting)} runtimes did not show a change within {SEEN_WITHIN_SECONDS:g} s")
