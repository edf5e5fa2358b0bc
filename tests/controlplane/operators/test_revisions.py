"""Going back to an older revision from the history of a tenant."""

import pytest
from django.test import Client

from tenants.registry.models import Tenant
from tests.controlplane.operators.pages import audited, body, command, published, text_of

BRANDING = {"display_name": "Acme", "description": "", "default_theme": "", "font": ""}


def test_an_operator_goes_back_to_a_revision_of_this_tenant_only(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    first, others = published(acme), published(globex)
    command(operator_client, acme, "branding", "branding", **BRANDING | {"display_name": "Rockets"})
    command(operator_client, acme, "flags", "set", name="beta", enabled="on")

    page = text_of(command(operator_client, acme, "publications", "restore", revision=first.revision))

    live = published(acme)
    assert f"Published as revision {first.revision + 3}." in page
    assert f"Revision {first.revision} restored" in page
    assert live.document == first.document
    assert live.actor == "operator@example.com"
    assert audited(acme)[0] == "revision.restore"
    assert published(globex) == others


def test_the_live_revision_is_not_offered_and_going_back_to_it_changes_nothing(
    operator_client: Client, acme: Tenant
) -> None:
    command(operator_client, acme, "branding", "branding", **BRANDING | {"display_name": "Rockets"})
    live = published(acme)
    page = body(operator_client, acme, "publications")
    assert f"Restore revision {live.revision - 1}" in page
    assert f"Restore revision {live.revision}" not in page

    again = text_of(command(operator_client, acme, "publications", "restore", revision=live.revision))

    assert "Nothing changed, so nothing was published." in again
    assert published(acme) == live


def test_a_revision_that_was_removed_by_age_is_named(operator_client: Client, acme: Tenant) -> None:
    live = published(acme)
    page = text_of(command(operator_client, acme, "publications", "restore", revision=live.revision + 7))
    assert f"There is no revision {live.revision + 7}" in page
    assert published(acme) == live


@pytest.mark.parametrize("revision", ["", "-1", "one", "9" * 40, "٣"])
def test_what_is_no_number_names_no_revision(operator_client: Client, acme: Tenant, revision: str) -> None:
    assert command(operator_client, acme, "publications", "restore", revision=revision).status_code == 404
