"""Creating a tenant: the form, its progress, a failure with its reason, and trying again."""

import pytest
from django.db import connection
from django.test import Client

from tenants.registry.models import Provisioning, ProvisioningState, Tenant
from tenants.registry.services import provisioning as provisioning_service
from tenants.registry.services.provisioning import register_seeder, run_provisioning
from tests.controlplane.operators.pages import address, text_of

FORM = {
    "name": "Initech",
    "slug": "initech",
    "app": "assistant",
    "plan": "gold",
    "domain": "",
    "owner_email": "bill@initech.example",
    "owner_password": "a long enough phrase",
}


def _request(client: Client, **changes: str) -> Provisioning:
    response = client.post(address("registry_tenant_add"), {**FORM, **changes})
    assert response.status_code == 302
    provisioning = Provisioning.objects.get(slug="initech")
    assert response["Location"] == address("registry_provisioning_change", provisioning.pk)
    return provisioning


def test_a_tenant_is_requested_then_live_with_links_to_chat_and_settings(operator_client: Client, acme: Tenant) -> None:
    provisioning = _request(operator_client)
    progress = address("registry_provisioning_change", provisioning.pk)
    page = text_of(operator_client.get(progress))
    assert provisioning.state == ProvisioningState.REQUESTED
    assert 'hx-trigger="load delay:1s"' in page
    assert FORM["owner_password"] not in page + provisioning.owner_password

    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE
    page = text_of(operator_client.get(progress))
    assert "Initech is live." in page
    assert "http://initech.localhost:8000/settings/" in page
    assert 'hx-trigger="load delay:1s"' not in page
    assert Tenant.objects.get(slug="initech").plan == "gold"


def test_the_request_is_handed_to_the_worker_after_commit(
    operator_client: Client, acme: Tenant, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]  # pytest-django's fixture
        _request(operator_client)
    assert len(callbacks) == 1


def test_an_own_domain_takes_the_place_of_the_platforms(operator_client: Client, acme: Tenant) -> None:
    assert _request(operator_client, domain="Chat.Initech.example").domain == "chat.initech.example"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"slug": "In itech"}, "A short name has 2 to 39 lower-case letters"),
        ({"slug": "admin"}, "is reserved for the platform"),
        ({"slug": "acme"}, "is taken"),
        ({"domain": "acme.localhost"}, "already leads to a tenant"),
        ({"domain": "10.0.0.1"}, "An IP address is not a host name"),
        ({"app": "nothing"}, "Select a valid choice"),
        ({"owner_email": "bill"}, "is not an e-mail address"),
        ({"owner_password": "short"}, "too short"),
    ],
)
def test_a_mistake_in_the_form_is_explained_and_requests_nothing(
    operator_client: Client, acme: Tenant, changes: dict[str, str], sentence: str
) -> None:
    before = Provisioning.objects.count()
    page = text_of(operator_client.post(address("registry_tenant_add"), {**FORM, **changes}))
    assert sentence in page
    assert "Nothing was changed." in page
    assert Provisioning.objects.count() == before
    assert FORM["owner_password"] not in page


def test_a_failed_provisioning_shows_its_reason_leaves_nothing_and_is_tried_again(
    operator_client: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(provisioning_service, "_seeders", dict(provisioning_service._seeders))
    provisioning = _request(operator_client)
    progress = address("registry_provisioning_change", provisioning.pk)
    register_seeder("failing", fail)
    assert run_provisioning(provisioning.pk) == ProvisioningState.FAILED
    page = text_of(operator_client.get(progress))
    assert "the disk is full" in page
    assert "Try again" in page
    assert "the disk is full" in text_of(operator_client.get(address("index")))
    assert not Tenant.objects.filter(slug="initech").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = 't_initech'")
        assert cursor.fetchone() is None

    monkeypatch.undo()
    page = text_of(operator_client.post(progress, follow=True))
    assert "Try again" not in page
    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE


def test_only_a_failed_provisioning_is_tried_again(operator_client: Client, acme: Tenant) -> None:
    provisioning = Provisioning.objects.get(slug="acme")
    page = text_of(operator_client.post(address("registry_provisioning_change", provisioning.pk), follow=True))
    assert "Only a failed provisioning can be tried again." in page
