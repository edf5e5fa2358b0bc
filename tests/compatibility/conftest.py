"""One runtime process with all tenants, and the stage on which the chosen scenarios are performed."""

from collections.abc import Iterator

import pytest

from tests.compatibility.scenarios import SCENARIOS
from tests.compatibility.servers import RuntimeServer
from tests.compatibility.stage import Stage
from tests.compatibility.tenants import tenants


@pytest.fixture(scope="session")
def runtime_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeServer]:
    """The one process that has all apps and tenants."""
    server = RuntimeServer(tenants(), tmp_path_factory.mktemp("compatibility"))
    yield server
    server.end()


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, runtime_server: RuntimeServer) -> Iterator[Stage]:
    """The performances of all scenarios that this run of pytest asks for, in its order."""
    chosen = [item.callspec.params["app"] for item in request.session.items if "stage" in item.fixturenames]
    with Stage([SCENARIOS[app] for app in dict.fromkeys(chosen)], runtime_server.port) as stage:
        yield stage
