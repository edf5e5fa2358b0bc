"""What the page asks for over HTTP: answers a second, and the server's processor time for one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bench.figures import Figure
from bench.ground import ASSISTANT, ECHO, Ground, host_of
from bench.keepalive import KeptConnection
from bench.load.http import HttpLoad, HttpResult, measure_http_load
from bench.plan import Plan
from bench.progress import report_progress
from bench.rows import Requirement, Row, Subject, at_least, in_processor_time
from bench.servers import Target, bare, our_runtime, serving, stock

__all__ = ["measure"]

BROWSER_ENCODINGS = "gzip, deflate, br"
BOTH_STOCKS = (Subject.INSTALLED, Subject.EQUAL)
BUSY_SHARE = 0.9
"""From this share of a core on, a process counts as what limited the load."""


@dataclass(frozen=True, slots=True)
class Question:
    """One address, asked of one app in one way."""

    name: str
    app: str
    path: str
    budget: tuple[Requirement, ...]
    accept_encoding: str = ""
    note: str = ""


QUESTIONS = (
    Question("GET /", ASSISTANT, "/", (*at_least(9, *BOTH_STOCKS), *at_least(0.6, Subject.BARE))),
    Question(
        "GET /, compressed", ASSISTANT, "/", (*at_least(9, *BOTH_STOCKS), *at_least(0.6, Subject.BARE)),
        accept_encoding=BROWSER_ENCODINGS, note="Asked with a browser's Accept-Encoding.",
    ),
    Question("GET /auth/config", ASSISTANT, "/auth/config", at_least(6, *BOTH_STOCKS)),
    Question(
        "GET /project/settings, hooks", ASSISTANT, "/project/settings?language=en-US", at_least(1.2, *BOTH_STOCKS),
        note="The app has a starters hook that is given the user.",
    ),
    Question(
        "GET /project/settings, no hooks", ECHO, "/project/settings?language=en-US", at_least(4, *BOTH_STOCKS),
        note="The app has no hook, so the answer does not depend on the user.",
    ),
    Question("GET /logo", ASSISTANT, "/logo?theme=light", at_least(30, *BOTH_STOCKS)),
    Question("GET /public", ECHO, "/public/picture.svg", (), note="A file of the app."),
)  # fmt: skip


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield two rows for each question, all servers taking turns."""
    for app in (ASSISTANT, ECHO):
        hosts = [host_of(tenant.slug) for tenant in ground.tenants(app, plan.http_tenants)]
        servers = (
            our_runtime(ground, hosts),
            stock(ground, Subject.INSTALLED, app),
            stock(ground, Subject.EQUAL, app),
            bare(ground),
        )
        with serving(ground, *servers) as targets:
            for question in (each for each in QUESTIONS if each.app == app):
                yield from _compare(question, targets, plan)


def _compare(question: Question, targets: list[Target], plan: Plan) -> Iterator[Row]:
    statuses = {target.subject: _check(question, target) for target in targets}
    results: dict[Subject, list[HttpResult]] = defaultdict(list)
    for number in range(plan.rounds):
        for target in targets:
            report_progress(f"{question.name}: round {number + 1} of {plan.rounds}, {target.subject}")
            results[target.subject].append(
                measure_http_load(
                    HttpLoad(
                        port=target.port, server_pid=target.pid, hosts=target.hosts, path=question.path,
                        accept_encoding=question.accept_encoding, expected_status=statuses[target.subject],
                        connections=plan.connections, warm_up_seconds=plan.warm_up_seconds,
                        measured_seconds=plan.measured_seconds,
                    )
                )
            )  # fmt: skip
    limits = {subject: _limit(each) for subject, each in results.items()}
    details = {"limited_by": {str(subject): limit for subject, limit in limits.items()}, "statuses": statuses}
    yield Row(
        name=question.name, unit="requests/s", budget=question.budget, details=details,
        figures={s: Figure(tuple(each.requests_a_second for each in taken)) for s, taken in results.items()},
        note=f"{question.note} {_tell_limits(limits)}".strip(),
    )  # fmt: skip
    yield Row(
        name=question.name, unit="CPU µs/request", budget=in_processor_time(question.budget), details=details,
        figures={s: Figure(tuple(each.cpu_microseconds for each in taken)) for s, taken in results.items()},
    )  # fmt: skip


def _check(question: Question, target: Target) -> int:
    """Ask each host once; the page must carry its tenant's own name. Return the status all answers have."""
    statuses = set()
    with KeptConnection(target.port) as connection:
        for number, host in enumerate(target.hosts):
            answer = connection.get(host, question.path)
            statuses.add(answer.status)
            if target.subject is Subject.OURS and question.path == "/":
                name = f"Customer {number} of {question.app}".encode()
                assert name in answer.body, f"{host} does not show {name!r}: {answer.body[:300]!r}"
    assert len(statuses) == 1 and statuses <= {200, 302, 307}, f"{target.subject} {question.path}: {statuses}"  # noqa: PT018 - one condition: a single status, and a good one
    return statuses.pop()


def _limit(results: list[HttpResult]) -> str:
    server = Figure(tuple(each.server_share for each in results)).median
    client = Figure(tuple(each.client_share for each in results)).median
    if server >= BUSY_SHARE:
        return "the server"
    return "the client" if client >= BUSY_SHARE else "neither"


def _tell_limits(limits: dict[Subject, str]) -> str:
    others = [f"{subject} by {limit}" for subject, limit in limits.items() if limit != "the server"]
    if not others:
        return "Every server was what limited its load."
    return f"Limited otherwise than by the server: {', '.join(others)}; compare the processor times there."
