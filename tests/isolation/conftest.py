"""One import of what is attacked and one database for all attacks of a session."""

from collections.abc import Iterator

import pytest

from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.seaweedfs import SeaweedFS
from controlplane.supervisor.valkey import Valkey
from tests.isolation.control_plane.ground import Prepared, prepared_control_plane
from tests.isolation.forking import ForkServer
from tests.isolation.stores import Stores, prepared_stores


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """What the runtimes under attack are forks of."""
    with ForkServer() as server:
        yield server


@pytest.fixture(scope="session")
def stores(postgres: Postgres, seaweedfs: SeaweedFS, django_db_blocker: pytest.FixtureRequest) -> Iterator[Stores]:
    """Where the tenants under attack keep what is said."""
    with django_db_blocker.unblock(), prepared_stores(postgres, seaweedfs) as prepared:
        yield prepared


@pytest.fixture(scope="session")
def prepared(postgres: Postgres, valkey: Valkey) -> Iterator[Prepared]:
    """Tenants of a control plane, each with every way to sign in."""
    with prepared_control_plane(postgres, valkey, tenants=3) as made:
        yield made
