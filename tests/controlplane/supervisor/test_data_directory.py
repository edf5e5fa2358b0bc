"""The data directory belongs to one supervisor at a time."""

import os
from pathlib import Path

import pytest

from controlplane.supervisor.data_directory import claim
from controlplane.supervisor.errors import StartError


def test_it_is_made_and_held_until_the_block_ends(directory):
    data = directory / "deep" / "data"
    refusal = rf"in use by another `make up` \(process {os.getpid()}\)"
    with claim(data), pytest.raises(StartError, match=refusal), claim(data):
        pass
    with claim(data):
        pass


@pytest.mark.parametrize("place", ["/dev/null/data", "/proc/data"])
def test_one_that_cannot_be_written_is_named(place):
    refusal = rf"The data directory {place} cannot be written \(.+\): choose another"
    with pytest.raises(StartError, match=refusal), claim(Path(place)):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_one_that_belongs_to_others_is_named(directory):
    directory.chmod(0o500)
    with pytest.raises(StartError, match="Permission denied"), claim(directory):
        pass
