"""Log lines: who they belong to, and what they must never hold."""

import io
import json
import logging

import pytest
import structlog
from cryptography.fernet import Fernet

from runtime.logs import configure_logging
from runtime.request import bind_request_id, release_request_id
from runtime.tenancy import TenantHandle, bind_tenant
from tenants.contract.secrets import SecretBox
from tenants.contract.state import PublishedState
from tests.runtime.registry import make_state


@pytest.fixture
def logged():
    """Configure logging into a text; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()

    def configure(log_format):
        configure_logging(log_format, stream=stream)
        return stream

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


def test_lines_of_every_logger_are_one_json_object_each(logged):
    stream = logged("json")
    structlog.get_logger("ours").info("something_happened", count=3)
    logging.getLogger("chainlit").warning("Something of %s", "Chainlit")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (ours["message"], ours["count"], ours["level"]) == ("something_happened", 3, "info")
    assert (theirs["message"], theirs["logger"], theirs["level"]) == ("Something of Chainlit", "chainlit", "warning")
    assert ours["timestamp"].endswith("Z")


def test_lines_name_the_request_and_the_tenant_they_belong_to(logged):
    stream = logged("json")
    handle = TenantHandle(PublishedState(1, "", make_state("acme")), SecretBox([Fernet.generate_key().decode()]))
    token = bind_request_id("request-1")
    with bind_tenant(handle):
        logging.getLogger("app").info("inside")
    release_request_id(token)
    logging.getLogger("app").info("outside")
    inside, outside = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (inside["tenant"], inside["request_id"]) == ("acme", "request-1")
    assert "tenant" not in outside
    assert "request_id" not in outside


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize(
    "text",
    [
        '127.0.0.1:1 - "WebSocket /ws/socket.io/?EIO=4&transport=websocket&sid=hush-hush" [accepted]',
        "GET /project/file/1?session_id=hush-hush&x=1",
        "Authorization: Bearer hush-hush",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodXNoLWh1c2gifQ.hush-hush",
        "postgresql://chainlit:hush-hush@db.internal:5432/main",
        "Unexpected HTTP request for session hush-hush-1234567890 (further occurrences are left out)",
        "No such file: /data/files/" + "a" * 32 + "/5b2b6f0c-1111-4222-8333-444455556666/cafecafe-0000-4000-8000-"
        "000000000001/note.txt",
    ],
)
def test_credentials_in_the_text_of_a_message_are_redacted(logged, log_format, text):
    stream = logged(log_format)
    logging.getLogger("uvicorn.error").error(text)
    logging.getLogger("library").info("%s", text)
    assert "hush-hush" not in stream.getvalue()
    assert "cafecafe" not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") >= 2


@pytest.mark.parametrize(
    "name", ["cookie", "set_cookie", "authorization", "access_token", "session_id", "sid", "password", "api_key"]
)
def test_fields_named_like_credentials_are_redacted(logged, name):
    stream = logged("json")
    structlog.get_logger("ours").info("something", **{name: "hush-hush"})
    assert json.loads(stream.getvalue())[name] == "[redacted]"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_tracebacks_show_no_local_variables(logged, log_format):
    stream = logged(log_format)
    environment = {"OPENAI_API_KEY": "hush-hush"}
    try:
        environment["absent"]
    except KeyError:
        structlog.get_logger("ours").exception("failed")
    assert "KeyError" in stream.getvalue()
    assert "hush-hush" not in stream.getvalue()
