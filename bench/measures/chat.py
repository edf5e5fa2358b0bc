"""Chat turns: how long until an answer is whole, and what it costs the server."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.figures import Figure, percentile
from bench.ground import ECHO, Ground, host_of
from bench.load.chat import ChatLoad, ChatResult, measure_chat_load
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Requirement, Row, Subject, at_most
from bench.servers import Server, our_runtime, serving, stock

if TYPE_CHECKING:
    from tenants.registry.models import Tenant

__all__ = ["measure"]

PIECES = 10


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield latencies and costs, once with every socket as busy as it can be and once at a fixed pace."""
    hosts = [host_of(tenant.slug) for tenant in ground.tenants(ECHO, plan.chat_tenants)]
    servers = (
        our_runtime(ground, hosts),
        stock(ground, Subject.INSTALLED, ECHO),
        stock(ground, Subject.EQUAL, ECHO),
    )
    modes = {"busy": 0.0, "paced": plan.sockets / plan.turns_a_second}
    results = _measured(ground, plan, servers, modes)
    scale = f"{plan.sockets} sockets over {plan.chat_tenants} tenants (stock: over one)"
    notes = {
        "busy": f"{scale}, each sending as soon as it is answered.",
        "paced": f"{scale}, {plan.turns_a_second:g} turns a second in all, counted from when each was due.",
    }
    for mode, taken in results.items():
        yield from _rows(mode, taken, notes[mode])
    yield from _kept(ground, plan)


def _kept(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield what a turn costs where each is stored; stock keeps its own by Chainlit's official data layer."""
    *tenants, for_installed, for_equal = ground.tenants(ECHO, plan.http_tenants + 2, keep_history=True)
    servers = (
        our_runtime(ground, [host_of(tenant.slug) for tenant in tenants]),
        stock(ground, Subject.INSTALLED, ECHO, keep_in=for_installed.schema_name),
        stock(ground, Subject.EQUAL, ECHO, keep_in=for_equal.schema_name),
    )
    results = _measured(ground, plan, servers, {"kept": plan.sockets / plan.turns_a_second})
    _check_kept(for_installed, for_equal, *tenants)
    scale = f"{plan.sockets} sockets over {plan.http_tenants} tenants (stock: over one)"
    yield from _rows("kept", results["kept"], f"{scale}, {plan.turns_a_second:g} turns a second in all, each stored.")


def _measured(
    ground: Ground, plan: Plan, servers: Sequence[Server], modes: Mapping[str, float]
) -> dict[str, dict[Subject, list[ChatResult]]]:
    """Return what each server did in each mode, by its seconds between two turns of a socket."""
    results: dict[str, dict[Subject, list[ChatResult]]] = {mode: defaultdict(list) for mode in modes}
    with serving(ground, *servers) as targets:
        for number in range(plan.rounds):
            for mode, interval in modes.items():
                for target in targets:
                    report_progress(f"chat turns, {mode}: round {number + 1} of {plan.rounds}, {target.subject}")
                    results[mode][target.subject].append(
                        measure_chat_load(
                            ChatLoad(
                                port=target.port, server_pid=target.pid, hosts=target.hosts, sockets=plan.sockets,
                                interval_seconds=interval, expected_pieces=PIECES,
                                warm_up_seconds=plan.warm_up_seconds, measured_seconds=2 * plan.measured_seconds,
                            )
                        )
                    )  # fmt: skip
    return results


def _check_kept(*tenants: "Tenant") -> None:
    """Make sure that what was measured was stored: answers, in the schema of each."""
    from tenants.conversations.models import Step
    from tenants.registry.schema import tenant_schema

    for tenant in tenants:
        with tenant_schema(tenant):
            answers = Step.objects.filter(type="assistant_message", output__contains=" 9 ").count()
        assert answers > 0, f"{tenant.slug} has kept no answer"


def _rows(mode: str, results: dict[Subject, list[ChatResult]], note: str) -> Iterator[Row]:
    def row(name: str, unit: str, value: Callable[[ChatResult], float], budget: tuple[Requirement, ...] = ()) -> Row:
        figures = {subject: Figure(tuple(map(value, taken))) for subject, taken in results.items()}
        shares = {
            str(subject): {
                "server": Figure(tuple(each.server_share for each in taken)).median,
                "client": Figure(tuple(each.client_share for each in taken)).median,
            }
            for subject, taken in results.items()
        }
        used = ", ".join(f"{subject} {share['server']:.0%}" for subject, share in shares.items())
        return Row(
            name=f"{name}, {mode}", unit=unit, figures=figures, budget=budget,
            note=f"{note} Of one core the servers used: {used}.", details={"shares_of_a_core": shares},
        )  # fmt: skip

    within = at_most(1.0, Subject.EQUAL)
    yield row("chat turn p50", "ms", lambda each: percentile(each.latencies, 0.5) * 1000, within)
    yield row("chat turn p99", "ms", lambda each: percentile(each.latencies, 0.99) * 1000, within)
    yield row("chat turn", "CPU µs/turn", lambda each: each.cpu_microseconds, at_most(0.8, Subject.INSTALLED))
    if mode == "busy":
        yield row("chat turns", "turns/s", lambda each: len(each.latencies) / each.seconds)
