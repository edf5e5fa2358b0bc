"""Each app, used by the same person under stock `chainlit run` and as a tenant beside all others."""

import pytest

from tests.compatibility.scenarios import SCENARIOS
from tests.compatibility.stage import PerformanceFailedError

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.parametrize("app", sorted(SCENARIOS))
def test_an_app_is_the_same_to_people_as_under_chainlit_run(app, stage):
    try:
        performances = stage.result(app)
    except PerformanceFailedError as error:
        # The trace leads through the stage's own thread and says nothing about the app.
        pytest.fail(str(error), pytrace=False)

    if difference := performances.stock.difference(performances.tenant):
        pytest.fail(f"People see something else than under `chainlit run`:\n{difference}", pytrace=False)
