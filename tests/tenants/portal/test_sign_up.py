"""The pages by which people become members themselves: they tell nobody who is one, and lead into the chat."""

import re

import pytest
from django.core import mail

from tenants.identity.services.signing_up import mail_sign_up
from tenants.registry.services.drafts import publish_draft, set_publish_on_save
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.portal.conftest import browser, sign_in

ASK = "/settings/sign-up/"
NEW = "new@acme.example"


@pytest.fixture
def acme_open(acme, operator):
    """Acme lets people of its domain become members."""
    changes = {"mode": "members", "sign_up": "domain", "email_domains": ["acme.example"]}
    update_access(acme.pk, **changes, actor=operator)
    return acme


def mailed_path() -> str:
    return re.search(r"https?://[^/]+(/settings/sign-up/\S+)", mail.outbox[-1].body).group(1)


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_members_strangers_and_those_who_may_sign_up_are_told_the_same(acme_open):
    told = set()
    for email in ("owner@acme.example", NEW, "eve@evil.example"):
        answer = browser(acme_open).post(ASK, {"email": email})
        told.add((answer.status_code, without_token(answer.text.replace(email, ""))))
    [(status, page)] = told
    assert (status, "Look into your mail" in page) == (200, True)


def test_a_link_leads_into_the_chat_and_looking_at_it_uses_nothing_up(acme_open):
    mail_sign_up(str(acme_open.pk), NEW, "")
    guest = browser(acme_open)
    for _ in range(2):
        assert f"Your account is for {NEW}" in guest.get(mailed_path()).text
    weak = guest.post(mailed_path(), {"name": "Nell", "password": "short"})
    assert (weak.status_code, "at least 10" in weak.text) == (422, True)
    done = guest.post(mailed_path(), {"name": "Nell", "password": PASSWORD})
    assert (done.status_code, done["Location"]) == (302, "/")
    assert "Nell" in guest.get("/settings/profile/").text
    assert browser(acme_open).get(mailed_path()).status_code == 410


def test_a_link_leads_nowhere_at_another_tenant_or_where_the_domain_was_taken_out(acme_open, globex, operator):
    mail_sign_up(str(acme_open.pk), NEW, "")
    update_access(globex.pk, mode="members", sign_up="domain", email_domains=["acme.example"], actor=operator)
    assert browser(globex).get(mailed_path()).status_code == 410
    update_access(acme_open.pk, email_domains=["other.example"], actor=operator)
    for answer in (
        browser(acme_open).get(mailed_path()),
        browser(acme_open).post(mailed_path(), {"name": "", "password": PASSWORD}),
    ):
        assert (answer.status_code, "Ask an administrator" in answer.text) == (403, True)
    assert sign_in(browser(acme_open), NEW).status_code == 422


@pytest.mark.parametrize("policy", [{"sign_up": "invitation"}, {"sign_up": "closed"}, {"mode": "anonymous"}])
def test_an_account_is_offered_where_people_may_have_one_and_nowhere_else(acme_open, globex, operator, policy):
    assert 'href="/settings/sign-up/"' in browser(acme_open).get("/settings/sign-in/").text
    assert browser(acme_open).get(ASK).status_code == 200
    update_access(acme_open.pk, **policy, actor=operator)
    for tenant in (acme_open, globex):
        assert 'href="/settings/sign-up/"' not in browser(tenant).get("/settings/sign-in/").text
        assert browser(tenant).get(ASK).status_code == 403
        assert browser(tenant).post(ASK, {"email": NEW}).status_code == 403


def test_what_is_no_address_is_said_at_its_field(acme_open):
    answer = browser(acme_open).post(ASK, {"email": "new at acme"})
    assert (answer.status_code, "That is not an e-mail address." in answer.text) == (422, True)


def test_where_sign_up_is_closed_the_page_of_members_adds_them_with_a_password(acme, owner_of_acme, operator):
    assert "Send the invitation" in owner_of_acme.get("/settings/members/").text
    update_access(acme.pk, sign_up="closed", actor=operator)
    page = owner_of_acme.get("/settings/members/").text
    assert "Send the invitation" not in page
    weak = owner_of_acme.post("/settings/members/", {"email": NEW, "name": "", "role": "member", "password": "short"})
    assert (weak.status_code, "at least 10" in weak.text) == (422, True)
    values = {"email": NEW, "name": "Nell", "role": "member", "password": PASSWORD}
    assert f"{NEW} is a member now." in owner_of_acme.post("/settings/members/", values, follow=True).text
    assert sign_in(browser(acme), NEW).status_code == 302
    assert not mail.outbox


def test_invitations_are_mailed_until_what_closes_them_is_published(acme, owner_of_acme, operator):
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    update_access(acme.pk, sign_up="closed", actor=operator)
    assert "Send the invitation" in owner_of_acme.get("/settings/members/").text
    publish_draft(acme.pk, actor=operator)
    assert "Send the invitation" not in owner_of_acme.get("/settings/members/").text
