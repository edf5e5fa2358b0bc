"""Chat turns: how long until an answer is whole, and what it costs the server."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from bench.figures import Figure, percentile
from bench.ground import ECHO, Ground, host_of
from bench.load.chat import ChatLoad, ChatResult, measure_chat_load
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Requirement, Row, Subject, at_most
from bench.servers import our_runtime, serving, stock

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
    scale = f"{plan.sockets} sockets over {plan.chat_tenants} tenants (stock: over one)"
    notes = {
        "busy": f"{scale}, each sending as soon as it is answered.",
        "paced": f"{scale}, {plan.turns_a_second:g} turns a second in all, counted from when each was due.",
    }
    for mode, taken in results.items():
        yield from _rows(mode, taken, notes[mode])
    yield from _kept(ground, plan)


def _kept(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield what a turn costs where each is stored in the tenant's schema; stock Chainlit has nothing to compare."""
    hosts = [host_of(tenant.slug) for tenant in ground.tenants(ECHO, plan.http_tenants, keep_history=True)]
    with serving(ground, our_runtime(ground, hosts)) as (target,):
        report_progress("chat turns, kept")
        load = ChatLoad(
            port=target.port, server_pid=target.pid, hosts=target.hosts, sockets=plan.sockets,
            interval_seconds=plan.sockets / plan.turns_a_second, expected_pieces=PIECES,
            warm_up_seconds=plan.warm_up_seconds, measured_seconds=2 * plan.measured_seconds,
        )  # fmt: skip
        taken = [measure_chat_load(load) for _ in range(plan.rounds)]
    scale = f"{plan.sockets} sockets over {plan.http_tenants} tenants that keep history"
    note = f"{scale}, {plan.turns_a_second:g} turns a second in all."
    milliseconds = Figure(tuple(percentile(each.latencies, 0.5) * 1000 for each in taken))
    microseconds = Figure(tuple(each.cpu_microseconds for each in taken))
    yield Row(name="chat turn p50, kept", unit="ms", figures={Subject.OURS: milliseconds}, note=note)
    yield Row(name="chat turn, kept", unit="CPU µs/turn", figures={Subject.OURS: microseconds})


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
