"""Each app, used by the same person under stock `chainlit run` and as a tenant beside all others."""

import pytest

from tests.compatibility.scenarios import SCENARIOS
from tests.compatibility.stage import PerformanceFailedError

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.mark.parametrize("app", sorted(SCENARIOS))
def test_an_app_is_the_same_to_people_as_under_chainlit_run(app, stage):
    failure = ""
    try:
        performances = stage.result(app)
    except PerformanceFailedError as error:
        failure = str(error)
    else:
        if difference := performances.stock.difference(performances.tenant):
            failure = f"People see something else than under `chainlit run`:\n{difference}"

    # Without a trace, which would lead through the stage's thread and say nothing about the app.
    if failure:
        pytest.fail(failure, pytrace=False)
