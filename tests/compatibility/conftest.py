"""One runtime process with all tenants, and the stage on which the chosen scenarios are performed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.identity_provider import identity_provider
from tests.compatibility.scenarios import SCENARIOS
from tests.compatibility.servers import RuntimeServer
from tests.compatibility.stage import Stage
from tests.compatibility.tenants import tenants


@pytest.fixture(scope="session")
def services() -> Iterator[dict[str, str]]:
    """What apps lean on besides Chainlit, by the name that a scenario's environment uses."""
    with identity_provider() as url:
        yield {"identity_provider": url}


@pytest.fixture(scope="session")
def runtime_server(services: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeServer]:
    """The one process that has all apps and tenants."""
    server = RuntimeServer(tenants(services), tmp_path_factory.mktemp("compatibility"))
    yield server
    server.end()


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, runtime_server: RuntimeServer, services: dict[str, str]) -> Iterator[Stage]:
    """The performances of all scenarios that this run of pytest asks for, in its order."""
    here = Path(__file__).parent  # elsewhere a fixture of the same name may be another thing
    items = [item for item in request.session.items if item.path.parent == here and "stage" in item.fixturenames]
    chosen = [item.callspec.params["app"] for item in items]
    with Stage([SCENARIOS[app] for app in dict.fromkeys(chosen)], runtime_server.port, services) as stage:
        yield stage
