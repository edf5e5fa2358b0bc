"""The short attack of every run of the suite; ``make test-isolation N=1000000`` is the long one."""

import pytest

from tests.isolation.run import Plan, attack

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(requests=3000, seed=20_261_124, tenants=6),
        Plan(requests=1500, seed=7, tenants=2),
        Plan(requests=1500, seed=42, tenants=9, processes=2),
        Plan(requests=500, seed=20, tenants=20),
    ],
    ids=["six tenants", "two tenants", "nine tenants on two processes", "twenty tenants"],
)
async def test_nothing_of_a_tenant_reaches_another(plan, forks, stores):
    report = await attack(plan, forks, stores)

    assert report.leak is None, report.reproduction
    assert report.requests >= plan.requests
    # A server that is down keeps all secrets: most of what is asked of one's own tenant must be answered.
    assert report.statuses.get(200, 0) > report.requests / 5
    assert report.statuses.get(0, 0) < report.requests / 100
    # The services are all there, so there is no reason for a documented refusal either.
    assert report.faults == [], report.reproduction
    assert not any(status >= 500 for status in report.statuses), report.statuses
