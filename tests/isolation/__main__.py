"""``python -m tests.isolation N [SEED]``: attack at length; the exit status is 1 when something leaked or failed."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from controlplane.supervisor.processes import running

# Imported first of all that is the suite's: it chooses the services and gives Django its settings.
from tests.conftest import POSTGRES, SEAWEEDFS, VALKEY, pytest_unconfigure
from tests.isolation.control_plane.ground import Prepared, prepared_control_plane
from tests.isolation.control_plane.run import attack_control_plane
from tests.isolation.forking import ForkServer
from tests.isolation.report import Report
from tests.isolation.run import Plan, attack
from tests.isolation.stores import Stores, prepared_stores

PART = 50_000
"""Requests between two casts of tenants, so that a long run sees many of them."""
MOST_TENANTS = 20
SHARE, LEAST = 50, 200
"""Of so many requests one goes to the control plane, which answers slower than a runtime; of a short run so many."""


class Targets(NamedTuple):
    """What is attacked: runtimes that are forked and store things, and a control plane that has tenants."""

    forks: ForkServer
    stores: Stores
    prepared: Prepared


def main(requests: int, seed: int) -> int:
    """Attack in parts of two to twenty tenants, every other one with two processes; print one line in the end."""
    done, errors, seconds = 0, 0, 0.0
    with _targets() as targets:
        while done < requests:
            rng, wanted = random.Random(seed), min(PART, requests - done)
            plan = Plan(requests=wanted, seed=seed, tenants=rng.randint(2, MOST_TENANTS), processes=rng.choice([1, 2]))
            for report in _attack_both(plan, targets):
                done, seconds = done + report.requests, seconds + report.seconds
                errors += len(report.faults)
                if report.leak is not None:
                    sys.stdout.write(f"{report.reproduction}\nrequests={done} leaks=1\n")
                    return 1
                if report.faults:
                    sys.stderr.write(f"{report.reproduction}\n")
                sys.stderr.write(f"{report} {report.statuses}\n")
            seed = rng.getrandbits(32)
    sys.stdout.write(f"requests={done} leaks=0 errors={errors} seconds={seconds:.0f}\n")
    return int(errors > 0)


def _attack_both(plan: Plan, targets: Targets) -> Iterator[Report]:
    at_sign_in = min(plan.requests, max(plan.requests // SHARE, LEAST))
    yield asyncio.run(
        attack_control_plane(replace(plan, requests=at_sign_in, of=plan.requests, workers=4), targets.prepared)
    )
    if plan.requests > at_sign_in:
        rest = replace(plan, requests=plan.requests - at_sign_in, of=plan.requests)
        yield asyncio.run(attack(rest, targets.forks, targets.stores))


@contextmanager
def _targets() -> Iterator[Targets]:
    services = (POSTGRES.child(), VALKEY.child(), SEAWEEDFS.child())
    try:
        with (
            ForkServer() as forks,
            running(*services, log_directory=POSTGRES.directory.parent),
            prepared_stores(POSTGRES, SEAWEEDFS) as stores,
            prepared_control_plane(POSTGRES, VALKEY, tenants=MOST_TENANTS) as prepared,
        ):
            yield Targets(forks, stores, prepared)
    finally:
        pytest_unconfigure()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().getrandbits(32)))
