"""Every guard counts: with any one of them taken out, the attacker finds the gap."""

import pytest

from tests.isolation.mutations import MUTATIONS
from tests.isolation.run import Plan, attack

pytestmark = pytest.mark.timeout(300)
ENOUGH = 4000
"""Requests within which the gap is found; most take a few dozen."""


@pytest.mark.parametrize("guard", MUTATIONS)
async def test_without_the_guard_something_leaks(guard, forks, stores):
    plan = Plan(requests=ENOUGH, seed=1, tenants=6, workers=4, focus=MUTATIONS[guard].focus, mutation=guard)
    report = await attack(plan, forks, stores)

    assert report.leak is not None, f"nothing noticed that “{guard}” is gone: {report}"
