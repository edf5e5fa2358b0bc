"""The attack on the control plane in every run of the suite, and that every guard of sign-ins counts."""

import pytest

from tests.isolation.control_plane.mutations import MUTATIONS
from tests.isolation.control_plane.run import attack_control_plane
from tests.isolation.report import Plan

pytestmark = pytest.mark.timeout(300)
ENOUGH = 1500
"""Requests within which the gap is found; most take a few dozen."""


@pytest.mark.parametrize(
    "plan",
    [Plan(requests=400, seed=20_261_124, tenants=3, workers=4), Plan(requests=150, seed=7, tenants=2, workers=2)],
    ids=["three tenants", "two tenants"],
)
async def test_nobody_is_let_in_by_what_is_anothers(plan, prepared):
    report = await attack_control_plane(plan, prepared)

    assert report.leak is None, report.reproduction
    assert report.requests >= plan.requests
    # Who keeps everybody out leaks nothing: whoever comes with all that it takes must be let in.
    assert report.let_in > plan.requests / 20
    assert report.faults == [], report.reproduction
    assert not any(status >= 500 or status == 0 for status in report.statuses), report.statuses


@pytest.mark.parametrize("guard", MUTATIONS)
async def test_without_the_guard_somebody_is_let_in(guard, prepared):
    plan = Plan(requests=ENOUGH, seed=1, tenants=3, workers=2, focus=MUTATIONS[guard].focus, mutation=guard)
    report = await attack_control_plane(plan, prepared)

    assert report.leak is not None, f"nothing noticed that “{guard}” is gone: {report}"
