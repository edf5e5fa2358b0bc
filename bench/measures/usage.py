"""What counting costs an answer: a message with its person, its time, and the tokens that the app tells of."""

import timeit
from collections.abc import Iterator

from bench.figures import Figure
from bench.ground import Ground
from bench.plan import Plan
from bench.rows import Row, Subject, at_most
from runtime.usage import TenantUsage, UsageCounter, use_usage_counter

__all__ = ["measure"]

TURNS = 20_000
TENANTS = 100
PEOPLE = 50


def measure(_ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield what is added to one turn of a chat, among many tenants and people."""
    people = [(f"tenant {number % TENANTS}", f"user {number % PEOPLE}@acme.example") for number in range(TURNS)]
    samples = []
    for _ in range(plan.rounds):
        counter = UsageCounter("only for the bench")
        use_usage_counter(counter)

        def count(counter: UsageCounter = counter) -> None:
            for tenant_id, person in people:
                counter.count_message(tenant_id, person)
                counter.count_answer(tenant_id, 1.25)
                TenantUsage(tenant_id).record(tokens=812, model="gpt-4o-mini")

        samples.append(min(timeit.repeat(count, number=1, repeat=5)) / TURNS * 1e6)
        assert counter.waiting == TENANTS
    use_usage_counter(None)
    yield Row(
        name="count a turn", unit="µs", figures={Subject.OURS: Figure(tuple(samples))}, budget=at_most(15.0),
        note="A message, its person, the answer's time and its tokens.",
    )  # fmt: skip
