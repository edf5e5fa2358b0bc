"""One import of Chainlit for all attacks of a session."""

from collections.abc import Iterator

import pytest

from tests.isolation.forking import ForkServer


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """What the runtimes under attack are forks of."""
    with ForkServer() as server:
        yield server
