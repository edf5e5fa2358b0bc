"""Changes of a tenant that wait, as operators see, publish and discard them."""

import re

from django.test import Client

from tenants.registry.models import Tenant
from tests.controlplane.operators.pages import audited, body, command, published, text_of

BRANDING = {"display_name": "Acme", "description": "", "default_theme": "", "font": ""}


def let_wait(client: Client, tenant: Tenant) -> str:
    """Let a tenant's changes wait, make one, and return its branding page."""
    command(client, tenant, "change", "publish-on-save", enabled="false")
    return text_of(command(client, tenant, "branding", "branding", **BRANDING | {"display_name": "Rockets"}))


def seen(page: str) -> str:
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]


def test_what_an_operator_saves_waits_and_every_tab_says_so(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    live = published(acme)
    assert "Saved. It waits until it is published." in let_wait(operator_client, acme)
    assert published(acme) == live
    for tab in ("change", "branding", "members", "publications"):
        assert "1 unpublished change" in body(operator_client, acme, tab)
    assert "unpublished" not in body(operator_client, globex, "branding")


def test_an_operator_publishes_what_waits(operator_client: Client, acme: Tenant) -> None:
    let_wait(operator_client, acme)
    checksum = seen(body(operator_client, acme, "flags"))
    page = text_of(command(operator_client, acme, "flags", "publish-draft", seen=checksum, note="As agreed"))
    assert "Published as revision 2." in page
    assert (published(acme).note, published(acme).document["branding"]["display_name"]) == ("As agreed", "Rockets")
    assert audited(acme)[0] == "draft.publish"


def test_an_operator_discards_what_waits(operator_client: Client, acme: Tenant) -> None:
    let_wait(operator_client, acme)
    live = published(acme)
    page = text_of(
        command(operator_client, acme, "change", "discard-draft", seen=seen(body(operator_client, acme, "change")))
    )
    assert "The changes are discarded." in page
    assert published(acme) == live
    assert "unpublished" not in body(operator_client, acme, "change")


def test_publishing_on_save_publishes_what_waits(operator_client: Client, acme: Tenant) -> None:
    let_wait(operator_client, acme)
    command(operator_client, acme, "change", "publish-on-save", enabled="true")
    assert published(acme).document["branding"]["display_name"] == "Rockets"


def test_going_back_tells_of_what_waits_and_discards_it(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "flags", "set", name="beta", enabled="on")
    let_wait(operator_client, acme)
    page = body(operator_client, acme, "publications")
    assert "What waits to be published is discarded." in page
    refused = text_of(command(operator_client, acme, "publications", "restore", revision=1))
    assert "Changes wait to be published, which going back would discard." in refused
    command(operator_client, acme, "publications", "restore", revision=1, replacing=seen(page))
    assert published(acme).document["branding"]["display_name"] == "Acme"
    assert "unpublished" not in body(operator_client, acme, "change")


def test_a_new_tenant_may_begin_with_changes_that_wait(operator_client: Client, db: None) -> None:
    values = {"name": "Patient", "slug": "patient", "app": "assistant", "owner_email": "owner@patient.example"}
    operator_client.post("/admin/registry/tenant/add/", {**values, "publish_on_save": "false"})
    from tenants.registry.models import Provisioning

    assert Provisioning.objects.get(slug="patient").publish_on_save is False
    operator_client.post("/admin/registry/tenant/add/", {**values, "slug": "eager", "name": "Eager"})
    assert Provisioning.objects.get(slug="eager").publish_on_save is True
