"""From a Host header to its tenant, in this process: what every request pays before anything else."""

import timeit
from collections.abc import Iterator
from itertools import cycle, islice

from bench.figures import Figure
from bench.ground import ASSISTANT, Ground
from bench.many_tenants import make_states
from bench.plan import Plan
from bench.rows import Row, Subject, at_most
from runtime.config import RuntimeConfig
from runtime.database import create_pool
from runtime.middleware.resolve import single_host
from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.postgres import PostgresStateSource
from runtime.state.resolver import Resolver
from runtime.state.source import StoredState
from tenants.contract.secrets import SecretBox
from tenants.contract.state import TenantState, encode_state, state_checksum

__all__ = ["measure"]

RESOLUTIONS = 20_000


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield the time that one resolution of a known host takes among all loaded tenants."""
    states = make_states(ground, ASSISTANT, plan.loaded_tenants)
    resolver, headers = _filled_resolver(ground, states)
    # The headers of a browser's request; the host is wherever the browser puts it: first.
    requests = [
        [(b"host", header), (b"connection", b"keep-alive"), (b"user-agent", b"Mozilla/5.0"), (b"accept", b"*/*"),
         (b"referer", b"http://example.com/"), (b"accept-encoding", b"gzip"), (b"accept-language", b"en")]
        for header in headers
    ]  # fmt: skip
    asked = list(islice(cycle(requests), RESOLUTIONS))

    def empty() -> None:
        for _ in asked:
            pass

    def resolve() -> None:
        for request in asked:
            resolver.resolve_known(single_host(request))

    assert all(resolver.resolve_known(single_host(request)) is not None for request in requests)
    samples = []
    for _ in range(plan.rounds):
        empty_seconds = min(timeit.repeat(empty, number=1, repeat=5))
        samples.append((min(timeit.repeat(resolve, number=1, repeat=5)) - empty_seconds) / RESOLUTIONS * 1e6)
    yield Row(
        name="resolve a known host", unit="µs", figures={Subject.OURS: Figure(tuple(samples))}, budget=at_most(2.0),
        note=f"Finding the header among those of a request and its tenant among {plan.loaded_tenants:,}.",
    )  # fmt: skip


def _filled_resolver(ground: Ground, states: list[TenantState]) -> tuple[Resolver, list[bytes]]:
    config = RuntimeConfig.from_environment({**ground.settings, "RUNTIME_DATA_DIR": str(ground.directory)})
    cache, freshness = StateCache(SecretBox(config.encryption_keys)), Freshness()
    # The source is never asked here: what is known is not looked up.
    source = PostgresStateSource(create_pool(config), config.database_url)
    resolver = Resolver(source, cache, freshness, stale_limit_seconds=config.stale_limit_seconds)
    freshness.start_listening()
    headers = []
    for state in states:
        document = encode_state(state)
        handle = cache.insert(state.hosts[0], StoredState(state.id, 1, state_checksum(document), document.decode()))
        assert handle is not None
        headers.append(state.hosts[0].encode("ascii"))
        cache.remember_header(headers[-1], handle)
    return resolver, headers
