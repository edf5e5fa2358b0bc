"""A directory for each test that the database server's user can pass through (pytest's own is private)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory, open to passers-by and removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="supervisor-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)
