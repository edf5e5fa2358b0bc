"""Tenants in a migrated database, and the runtime's shell reading it."""

import pytest

from tests.runtime.registry import Registry
from tests.runtime.shells import make_config, running_shell


@pytest.fixture
def database_url(postgres, django_db_setup):
    """The address of the suite's Postgres, migrated."""
    return postgres.url


@pytest.fixture
def registry(database_url):
    """Tenants of this test alone, seen by every connection and removed afterwards."""
    registry = Registry(database_url)
    yield registry
    registry.close()


@pytest.fixture
async def shell(database_url):
    """The shell around the probe app, listening."""
    async with running_shell(make_config(database_url)) as shell:
        yield shell
