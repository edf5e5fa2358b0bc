"""``python -m tests.isolation N [SEED]``: attack at length; the exit status is 1 when something leaked or failed."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from controlplane.supervisor.processes import running

# Imported first of all that is the suite's: it chooses the services and gives Django its settings.
from tests.conftest import POSTGRES, SEAWEEDFS, pytest_unconfigure
from tests.isolation.forking import ForkServer
from tests.isolation.run import Plan, attack
from tests.isolation.stores import Stores, prepared_stores

PART = 50_000
"""Requests between two casts of tenants, so that a long run sees many of them."""


def main(requests: int, seed: int) -> int:
    """Attack in parts of two to twenty tenants, every other one with two processes; print one line in the end."""
    done, errors, rng, seconds = 0, 0, random.Random(seed), 0.0
    with ForkServer() as forks, _services() as stores:
        while done < requests:
            wanted = min(PART, requests - done)
            plan = Plan(requests=wanted, seed=seed, tenants=rng.randint(2, 20), processes=rng.choice([1, 2]))
            report = asyncio.run(attack(plan, forks, stores))
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


@contextmanager
def _services() -> Iterator[Stores]:
    try:
        with (
            running(POSTGRES.child(), SEAWEEDFS.child(), log_directory=POSTGRES.directory.parent),
            prepared_stores(POSTGRES, SEAWEEDFS) as stores,
        ):
            yield stores
    finally:
        pytest_unconfigure()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().getrandbits(32)))
