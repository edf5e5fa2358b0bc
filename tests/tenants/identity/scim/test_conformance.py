"""What an independent tester of the RFCs says of our addresses: it tries all that our schemas promise."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import Path
from scim2_tester import Status, check_server, filling

from tenants.identity.scim import views
from tests.tenants.identity.scim.directory import BASE, connect


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the server from closing the connection that the test's transaction is on, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def as_our_users_are(monkeypatch) -> None:
    """Let the tester name users as ours are named, which no schema can tell, and ask as quickly as it can."""
    by_example = filling.get_random_example_value

    def example(path: Path) -> object:
        return f"{uuid4()}@acme.example" if str(path).endswith("userName") else by_example(path)

    monkeypatch.setattr(filling, "get_random_example_value", example)
    monkeypatch.setattr(views, "REQUEST", replace(views.REQUEST, free=10_000))


@pytest.mark.usefixtures("one_connection", "as_our_users_are")
def test_an_independent_tester_finds_nothing_against_the_rfcs(acme):
    directory = connect(acme)
    client = WSGISCIMClient(
        get_wsgi_application(),
        base_url=f"http://{directory.host}{BASE}",
        environ={"HTTP_HOST": directory.host, "HTTP_AUTHORIZATION": f"Bearer {directory.token}"},
    )
    client.discover()
    results = check_server(client)
    # What is optional and we do without, a search of users and groups at once, is told as skipped.
    wrong = [f"{result.title}: {result.reason}" for result in results if result.status is Status.ERROR]
    # Nobody is neither active nor inactive, so that taking the attribute away leaves it as it is.
    assert set(wrong) <= {"check_remove_attribute: PATCH modify() did not remove attribute 'active'"}
    assert {"User", "Group"} <= {result.resource_type for result in results}
