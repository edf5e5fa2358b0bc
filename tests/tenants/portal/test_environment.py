"""Owners set keys for their own app; a secret is never shown again and never reaches another tenant."""

import pytest
from django.test import Client

from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import EnvironmentVariable
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.portal.conftest import browser, sign_in


@pytest.fixture
def owner(acme) -> Client:
    """Acme's owner, signed in."""
    client = Client(headers={"host": "acme.localhost"})
    answer = client.post("/settings/sign-in/", {"email": "owner@acme.example", "password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_the_chat_is_sent_its_sign_in_and_nothing_else_of_the_settings(owner):
    owner.get("/settings/environment/")
    paths = {name: cookie["path"] for name, cookie in owner.cookies.items()}
    assert paths.pop("access_token") == "/"
    assert set(paths.values()) == {"/settings/"}


def test_where_the_app_decides_who_enters_it_is_not_sent_the_settings_sign_in(acme, operator):
    update_access(acme.pk, mode="app", actor=operator)
    client = browser(acme)
    client.cookies["access_token"] = "the app's own"
    sign_in(client, "owner@acme.example")
    assert client.get("/settings/environment/").status_code == 200
    assert client.cookies["access_token"].value == "the app's own"
    assert client.cookies["settings_token"]["path"] == "/settings/"
    client.post("/settings/sign-out/")
    assert client.cookies["access_token"].value == "the app's own"
    assert client.cookies["settings_token"].value == ""


def published(tenant) -> dict:
    tenant.refresh_from_db()
    return tenant.live_publication.document


def test_a_secret_is_published_encrypted_and_never_shown(owner, acme, globex):
    values = {"name": "OPENAI_API_KEY", "value": "sk-very-secret", "is_secret": "on"}
    page = owner.post("/settings/environment/", values, follow=True)
    assert "OPENAI_API_KEY" in page.text
    assert "sk-very-secret" not in page.text
    assert "sk-very-secret" not in str(published(acme))
    assert set(published(acme)["secrets"]) == {"OPENAI_API_KEY"}
    assert "secrets" not in published(globex)
    entry = AuditEntry.objects.get(action="environment.set", tenant_id=acme.pk)
    assert (entry.actor, entry.actor_kind) == ("owner@acme.example", "member")


def test_a_plain_value_is_shown_replaced_and_removed(owner, acme):
    for value in ("small", "large"):
        page = owner.post("/settings/environment/", {"name": "OPENAI_MODEL", "value": value}, follow=True)
        assert value in page.text
    assert published(acme)["environment"] == {"OPENAI_MODEL": "large"}
    owner.post("/settings/environment/OPENAI_MODEL/remove/")
    assert "environment" not in published(acme)
    assert "no variable" in owner.post("/settings/environment/OPENAI_MODEL/remove/", follow=True).text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "PATH", "value": "/opt"}, "belongs to the platform"),
        ({"name": "DATABASE_URL", "value": "x"}, "belongs to the platform"),
        ({"name": "not a name", "value": "x"}, "not a variable name"),
        ({"name": "KEY", "value": "", "is_secret": "on"}, "needs a value"),
        ({"name": "KEY", "value": "x" * 32_769}, "longer than"),
    ],
)
def test_a_bad_variable_is_refused_in_words_and_its_value_is_not_repeated(owner, acme, values, sentence):
    page = owner.post("/settings/environment/", values)
    assert page.status_code == 422
    assert sentence in page.text
    with tenant_schema(acme):
        assert not EnvironmentVariable.objects.exists()
    assert acme.live_publication.revision == 1


def test_nobody_reads_it_without_signing_in(acme):
    answer = Client(headers={"host": "acme.localhost"}).get("/settings/environment/")
    assert answer.status_code == 302
