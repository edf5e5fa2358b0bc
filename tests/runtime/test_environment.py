"""A tenant's opened environment stays in the process: no text, copy or pickle of it holds a value."""

import copy
import io
import json
import logging
import pickle

import pytest
import structlog

from runtime.logs import configure_logging
from runtime.tenancy import bind_tenant, tenant
from tests.runtime.tenants_in_memory import SECRET_BOX, make_handle, publish


@pytest.fixture
def handle():
    handle = make_handle("acme", environment={"MODEL": "canary-plain"})
    secret = SECRET_BOX.encrypt("canary-secret", tenant_id=handle.state.id)
    publish(handle, secrets={"KEY": secret})
    assert dict(handle.environment) == {"MODEL": "canary-plain", "KEY": "canary-secret"}
    return handle


def test_no_text_of_it_holds_a_value(handle):
    with bind_tenant(handle):
        texts = [repr(handle), str(handle.environment), f"{handle.environment!r}", repr(tenant), str(tenant.env)]
    assert not [text for text in texts if "canary" in text]
    assert repr(handle.environment) == "<environment of 2 variables>"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_neither_the_handle_nor_the_environment_can_be_pickled(handle, protocol):
    for held in (handle, handle.environment, {"inside": handle.environment}):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(held, protocol)


def test_a_copy_is_the_same_guarded_mapping(handle):
    for copied in (copy.copy(handle.environment), copy.deepcopy({"env": handle.environment})["env"]):
        assert copied is handle.environment
    with pytest.raises(TypeError):
        copy.deepcopy(handle)


def test_it_cannot_be_written_to(handle):
    with pytest.raises(TypeError):
        handle.environment["KEY"] = "other"
    with pytest.raises(TypeError):
        del handle.environment["KEY"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_log_line_holds_a_value(handle, log_format):
    root = logging.getLogger()
    before = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(log_format, stream=stream)
    try:
        with bind_tenant(handle):
            structlog.get_logger("test").info("served", handle=handle, values=handle.environment, of=tenant.env)
            try:
                raise RuntimeError(handle.environment)
            except RuntimeError:
                structlog.get_logger("test").exception("failed", holder={"env": handle.environment})
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
    assert "canary" not in stream.getvalue()
    assert "served" in stream.getvalue()


def test_equal_environments_are_equal_and_json_refuses_them(handle):
    other = make_handle("globex", environment={"MODEL": "canary-plain", "KEY": "canary-secret"})
    assert handle.environment == other.environment
    assert handle.environment != make_handle("initech").environment
    with pytest.raises(TypeError):
        json.dumps(handle.environment)
