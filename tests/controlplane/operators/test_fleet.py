"""The list of tenants, suspending and resuming, and what the other lists let an operator see and do."""

from typing import Any

import pytest
from django.test import Client

from tenants.registry.models import AuditEntry, Provisioning, Tenant
from tests.controlplane.operators.pages import address, audited, command, published, text_of

LISTS = (
    "registry_tenant_changelist", "registry_provisioning_changelist", "registry_publication_changelist",
    "registry_auditentry_changelist", "auth_user_changelist", "auth_group_changelist",
)  # fmt: skip


@pytest.mark.parametrize("name", ["index", *LISTS])
def test_every_list_opens(operator_client: Client, acme: Tenant, name: str) -> None:
    assert "Chainlit Tenants" in text_of(operator_client.get(address(name)))


def test_the_list_shows_domains_revision_and_links_to_chat_and_settings(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "change", "add-domain", domain="chat.acme.example")
    page = text_of(operator_client.get(address("registry_tenant_changelist")))
    assert 'href="http://acme.localhost:8000/"' in page
    assert 'href="http://acme.localhost:8000/settings/"' in page
    assert 'acme.localhost <span class="operators-muted">+1</span>' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [({"q": "glob"}, False), ({"q": "ACME.local"}, True), ({"status__exact": "suspended"}, False),
     ({"app": "assistant"}, True), ({"plan": "-"}, True), ({"plan": "gold"}, False)],
)  # fmt: skip
def test_tenants_are_searched_and_filtered(
    operator_client: Client, acme: Tenant, globex: Tenant, query: dict[str, str], found: bool
) -> None:
    page = text_of(operator_client.get(address("registry_tenant_changelist"), query))
    assert ("acme.localhost" in page) is found


def test_chosen_tenants_are_suspended_after_a_question_and_resumed(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    chosen = {"action": "suspend_selected", "_selected_action": [str(acme.pk), str(globex.pk)]}
    question = operator_client.post(address("registry_tenant_changelist"), chosen, follow=True)
    assert "Suspend 2 tenants?" in text_of(question)
    assert published(acme).document["status"] == "active"

    operator_client.post(
        address("registry_tenant_suspend"), {"tenant": [acme.pk, globex.pk], "note": "Unpaid"}, follow=True
    )
    for tenant in (acme, globex):
        assert published(tenant).document["status"] == "suspended"
        assert published(tenant).note == "Unpaid"
        assert audited(tenant)[0] == "tenant.suspend"

    operator_client.post(address("registry_tenant_resume"), {"tenant": [acme.pk]}, follow=True)
    assert published(acme).document["status"] == "active"
    assert published(globex).document["status"] == "suspended"


def test_a_row_leads_to_the_question(operator_client: Client, acme: Tenant) -> None:
    response: Any = operator_client.get(address("registry_tenant_suspend_row", acme.pk), follow=True)
    assert "Suspend Acme?" in text_of(response)
    acme.refresh_from_db()
    assert acme.status == Tenant.Status.ACTIVE


@pytest.mark.parametrize("query", [{}, {"tenant": "nonsense"}])
def test_a_question_about_no_tenant_is_not_found(operator_client: Client, query: dict[str, str]) -> None:
    assert operator_client.get(address("registry_tenant_suspend"), query).status_code == 404


def test_rows_of_the_registry_cannot_be_edited_or_deleted_past_the_services(
    operator_client: Client, acme: Tenant
) -> None:
    provisioning = Provisioning.objects.get(slug="acme")
    rows = {
        "publication": published(acme).pk,
        "auditentry": AuditEntry.objects.latest("id").pk,
        "tenant": acme.pk,
        "provisioning": provisioning.pk,
    }
    for model, pk in rows.items():
        assert operator_client.post(address(f"registry_{model}_delete", pk), {"post": "yes"}).status_code == 403
    for model in ("publication", "auditentry"):
        assert operator_client.post(address(f"registry_{model}_change", rows[model]), {"note": "x"}).status_code == 403
        assert operator_client.post(address(f"registry_{model}_add"), {}).status_code == 403
    # Another spelling of the id does not reach Django's own form either.
    for model in ("tenant", "provisioning"):
        spelled = f"/admin/registry/{model}/{str(rows[model]).upper()}/change/"
        assert operator_client.get(spelled).status_code == 404
        assert operator_client.post(spelled, {"name": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "lookup"),
    [("registry_publication_changelist", "document__secrets__API_KEY__startswith"),
     ("registry_provisioning_changelist", "owner_password__startswith"),
     ("auth_user_changelist", "password__startswith")],
)  # fmt: skip
def test_hidden_values_cannot_be_guessed_by_filtering(operator_client: Client, name: str, lookup: str) -> None:
    assert operator_client.get(address(name), {lookup: "g"}).status_code == 400


def test_the_audit_log_is_filtered_and_an_entry_shows_what_changed(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "flags", "set", name="beta_search", enabled="on")
    page = text_of(operator_client.get(address("registry_auditentry_changelist"), {"action": "flag.set"}))
    assert "beta_search" in page
    entry = AuditEntry.objects.filter(action="flag.set").latest("id")
    page = text_of(operator_client.get(address("registry_auditentry_change", entry.pk)))
    assert "Enabled" in page
    assert "operator@example.com" in page


def test_a_publication_shows_its_changes_and_all_values(operator_client: Client, acme: Tenant) -> None:
    command(operator_client, acme, "flags", "set", name="beta_search", enabled="on")
    page = text_of(operator_client.get(address("registry_publication_change", published(acme).pk)))
    assert "Flags / beta_search" in page
    assert "Branding / display name" in page


def test_the_dashboard_counts_tenants_by_state(operator_client: Client, acme: Tenant, globex: Tenant) -> None:
    operator_client.post(address("registry_tenant_suspend"), {"tenant": [acme.pk]})
    counts = operator_client.get(address("index")).context["counts"]
    assert {count["status"]: count["number"] for count in counts} == {"active": 1, "suspended": 1, "archived": 0}
