"""The supervisor's settings: defaults, what goes before what, and bad values by name."""

from pathlib import Path

import pytest

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.settings import CHECKOUT, SupervisorSettings


def test_nothing_needs_to_be_set():
    settings = SupervisorSettings.from_environment({})
    assert (settings.port, settings.data_directory, settings.runtime_count) == (8000, CHECKOUT / ".data", 1)
    assert (settings.platform_url, settings.platform_hosts) == ("http://localhost:8000", ("localhost", "127.0.0.1"))


def test_arguments_go_before_the_environment():
    environment = {"PORT": "8001", "DATA_DIR": "/one"}
    settings = SupervisorSettings.from_environment(environment, port=8002, data_directory=Path("/two"))
    assert (settings.port, settings.data_directory) == (8002, Path("/two"))
    assert settings.platform_url == "http://localhost:8002"


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80 80", "http", "٣", "1e3"])
def test_a_bad_port_is_named(value):
    with pytest.raises(StartError, match=r"PORT is '.+', but must be a number from 1 to 65535"):
        SupervisorSettings.from_environment({"PORT": value})


@pytest.mark.parametrize("value", ["0", "65", "many"])
def test_a_bad_number_of_runtimes_is_named(value):
    with pytest.raises(StartError, match=r"RUNTIME_COUNT is '.+', but must be a number from 1 to 64"):
        SupervisorSettings.from_environment({"RUNTIME_COUNT": value})


def test_passwords_stay_out_of_the_representation():
    environment = {"DATABASE_URL": "postgresql://a:hidden@b/c", "REDIS_URL": "redis://:hidden@b"}
    assert "hidden" not in repr(SupervisorSettings.from_environment(environment))
