"""Changes that wait on the settings page, and the history with its way back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.registry.models import ScheduledPublication, Tenant
from tenants.registry.services.drafts import set_publish_on_save
from tenants.workspace.services.branding import update_branding
from tenants.workspace.services.environment import set_variable
from tenants.workspace.services.scheduling import schedule_publication
from tests.tenants.portal.conftest import browser, last_audit, live_document, revisions, sign_in


def name_of(tenant: Tenant) -> str:
    return live_document(tenant)["branding"]["display_name"]


def seen(page: str) -> str:
    """Return the checksum of what the page shows to wait."""
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]


@pytest.fixture
def drafting(acme, operator) -> Tenant:
    """Acme, with a name that waits to be published."""
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    update_branding(acme.pk, values={"display_name": "Acme at dawn"}, actor=operator)
    return acme


@pytest.mark.parametrize("address", ["", "branding/", "members/", "history/"])
def test_every_page_says_what_waits(drafting, owner_of_acme, address):
    page = owner_of_acme.get(f"/settings/{address}").content.decode()
    assert "1 unpublished change<" in page
    assert "Branding / display name" in page
    assert "Acme at dawn" in page


def test_nothing_is_said_to_wait_where_nothing_does(globex, drafting):
    client = browser(globex)
    sign_in(client, "owner@globex.example")
    page = client.get("/settings/branding/").content.decode()
    assert "unpublished" not in page
    assert "Save and publish" in page


def test_saving_says_that_it_waits(acme, operator, owner_of_acme):
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    before = revisions(acme)
    response = owner_of_acme.post("/settings/branding/", {"display_name": "Acme at dusk"}, follow=True)
    assert "Branding saved. It waits until you publish it." in response.content.decode()
    assert (revisions(acme), name_of(acme)) == (before, "Acme")


def test_an_owner_publishes_what_was_looked_at_with_a_note(drafting, owner_of_acme):
    page = owner_of_acme.get("/settings/branding/").content.decode()
    response = owner_of_acme.post(
        "/settings/publish/", {"seen": seen(page), "note": "Morning look", "next": "/settings/branding/"}, follow=True
    )
    assert response.redirect_chain[-1][0] == "/settings/branding/"
    page = response.content.decode()
    assert "Published. Live as revision 2." in page
    assert "unpublished" not in page
    assert (name_of(drafting), last_audit(drafting).action) == ("Acme at dawn", "draft.publish")
    assert "Morning look" in owner_of_acme.get("/settings/history/").content.decode()


@pytest.mark.parametrize("command", ["publish/", "publish/discard/"])
def test_what_came_since_is_neither_published_nor_discarded(drafting, operator, owner_of_acme, command):
    page = owner_of_acme.get("/settings/").content.decode()
    update_branding(drafting.pk, values={"description": "Later."}, actor=operator)
    response = owner_of_acme.post(f"/settings/{command}", {"seen": seen(page)}, follow=True).content.decode()
    assert "Something else was saved since you looked." in response
    assert "2 unpublished changes" in response
    assert name_of(drafting) == "Acme"


def test_an_owner_discards_what_waits(drafting, owner_of_acme):
    page = owner_of_acme.get("/settings/branding/").content.decode()
    response = owner_of_acme.post("/settings/publish/discard/", {"seen": seen(page)}, follow=True).content.decode()
    assert "The changes are discarded." in response
    assert "unpublished" not in response
    assert 'value="Acme"' in owner_of_acme.get("/settings/branding/").content.decode()


def test_an_admin_is_told_whom_to_ask_about_what_is_the_owners(drafting, operator, member):
    from tenants.workspace.services.access import update_access

    member(drafting, "admin")
    client = browser(drafting)
    sign_in(client, "ann@example.com")
    assert 'action="/settings/publish/"' in client.get("/settings/").content.decode()
    update_access(drafting.pk, mode="members", actor=operator)
    page = client.get("/settings/").content.decode()
    assert 'action="/settings/publish/"' not in page
    assert "Only owners may say whether and how people sign in" in page
    assert client.post("/settings/publish/on-save/", {"enabled": "true"}).status_code == 403


def test_an_owner_lets_saving_publish_again(drafting, owner_of_acme):
    response = owner_of_acme.post("/settings/publish/on-save/", {"enabled": "true"}, follow=True).content.decode()
    assert "Whatever is saved is live at once." in response
    assert name_of(drafting) == "Acme at dawn"


def test_the_history_tells_each_revision_and_no_secret(acme, operator, owner_of_acme):
    owner_of_acme.post("/settings/branding/", {"display_name": "Acme by night"})
    set_variable(acme.pk, "API_KEY", value="sk-hidden", is_secret=True, actor=operator)
    page = owner_of_acme.get("/settings/history/").content.decode()
    assert "owner@acme.example" in page
    assert "Acme by night" in page
    assert "Secrets / API_KEY" in page
    assert "sk-hidden" not in page
    assert "operator@example.com" not in page
    assert live_document(acme)["secrets"]["API_KEY"] not in page


def test_an_owner_goes_back_with_one_click(acme, owner_of_acme):
    owner_of_acme.post("/settings/branding/", {"display_name": "Acme by night"})
    response = owner_of_acme.post("/settings/history/1/restore/", follow=True).content.decode()
    assert "All is as it was in revision 1. Live as revision 3." in response
    assert name_of(acme) == "Acme"


def test_going_back_asks_before_it_discards_what_waits(drafting, operator, owner_of_acme):
    first = owner_of_acme.post("/settings/history/1/restore/", follow=True)
    assert first.redirect_chain[-1][0] == "/settings/history/1/restore/"
    page = first.content.decode()
    assert "The unpublished changes above are discarded by this." in page
    with_seen = {"replacing": seen(page)}
    response = owner_of_acme.post("/settings/history/1/restore/", with_seen, follow=True).content.decode()
    assert "All is as it was in revision 1." in response
    assert "unpublished" not in response


def test_an_admin_sees_the_history_without_the_way_back(acme, member):
    member(acme, "admin")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    page = client.get("/settings/history/").content.decode()
    assert "Revision 1" in page
    assert "/restore/" not in page
    assert client.post("/settings/history/1/restore/").status_code == 403


def test_another_tenants_revision_is_not_there(acme, globex, operator, owner_of_acme):
    update_branding(globex.pk, values={"display_name": "Globex at dawn"}, actor=operator)
    assert owner_of_acme.get("/settings/history/2/restore/").status_code == 404
    assert "Globex at dawn" not in owner_of_acme.get("/settings/history/").content.decode()


def test_an_owner_plans_a_publication_and_cancels_it(drafting, owner_of_acme):
    page = owner_of_acme.get("/settings/").content.decode()
    at = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT08:30")
    sent = {"seen": seen(page), "at": at, "note": "Launch", "next": "/settings/flags/"}
    planned = owner_of_acme.post("/settings/publish/", sent, follow=True).content.decode()
    assert "Planned. Whatever waits on " in planned
    assert "08:30 UTC: whatever waits then is published." in planned
    assert name_of(drafting) == "Acme"
    cancelled = owner_of_acme.post("/settings/publish/cancel/", follow=True).content.decode()
    assert "The plan is cancelled." in cancelled
    assert "whatever waits then is published" not in cancelled


@pytest.mark.parametrize("at", ["2001-01-01T00:00", "tomorrow", "9999-99-99T00:00"])
def test_what_is_no_time_to_come_plans_nothing(drafting, owner_of_acme, at):
    page = owner_of_acme.get("/settings/").content.decode()
    answer = owner_of_acme.post("/settings/publish/", {"seen": seen(page), "at": at}, follow=True).content.decode()
    assert "notice-error" in answer
    assert name_of(drafting) == "Acme"


def test_a_refused_plan_is_told_with_its_reason(drafting, owner_of_acme, operator):
    plan = schedule_publication(drafting.pk, at=timezone.now() + timedelta(hours=1), actor=operator)
    ScheduledPublication.objects.filter(pk=plan.pk).update(state="refused", reason="No owner could sign in any more.")
    page = owner_of_acme.get("/settings/").content.decode()
    assert "was not published. No owner could sign in any more." in page
