"""How much is measured: the whole bench, or a quick look at the same things."""

from dataclasses import dataclass

__all__ = ["FULL", "QUICK", "Plan"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of one run. Every measure is taken once a round, and rounds go over all servers in turn."""

    rounds: int
    warm_up_seconds: float
    measured_seconds: float
    connections: int
    http_tenants: int
    chat_tenants: int
    sockets: int
    turns_a_second: float
    """Of all sockets together, where turns come at a fixed pace: well below what any of the servers can do."""
    loaded_tenants: int
    runtime_processes: int
    publications: int
    uploads: int


FULL = Plan(
    rounds=5,
    warm_up_seconds=1.0,
    measured_seconds=3.0,
    connections=16,
    http_tenants=10,
    chat_tenants=100,
    sockets=200,
    turns_a_second=100.0,
    loaded_tenants=10_000,
    runtime_processes=4,
    publications=300,
    uploads=100,
)
QUICK = Plan(
    rounds=2,
    warm_up_seconds=0.3,
    measured_seconds=1.0,
    connections=8,
    http_tenants=10,
    chat_tenants=10,
    sockets=20,
    turns_a_second=40.0,
    loaded_tenants=1_000,
    runtime_processes=2,
    publications=100,
    uploads=20,
)
