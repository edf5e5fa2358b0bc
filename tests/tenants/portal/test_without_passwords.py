"""Where the policy offers identity providers alone, nobody is asked for a password, and everybody is told the way."""

import re

import pytest
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.test import Client

from tenants.identity.errors import PasswordNotOfferedError
from tenants.identity.models import MailedLink
from tenants.identity.services.members import add_member
from tenants.identity.services.passwords import MailedKey, choose_password, invite_member, mail_invitation, mail_reset
from tenants.identity.visit import Visit
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.identity.oidc.journeys import begin, come_back
from tests.tenants.portal.conftest import browser

ANOTHER = "quite another phrase"
BUTTON = 'href="/settings/sign-in/with/company/?next=%2F"'


@pytest.fixture
def only_company(operator, provider, offer):
    """Return a function that has a tenant's people sign in by their company alone."""

    def change(tenant) -> None:
        offer(tenant, provider, label="Company Login")
        update_access(tenant.pk, mode="members", methods=["company"], actor=operator)

    return change


def invited(tenant, email, operator) -> str:
    """Invite somebody and return the path in the mail."""
    mail_invitation(str(tenant.pk), str(invite_member(tenant.pk, email=email, role="admin", actor=operator).pk))
    return mailed_path()


def mailed_path() -> str:
    return re.search(r"https?://[^/]+(/settings/\S+)", mail.outbox[-1].body).group(1)


def by_company(client: Client, provider, email: str):
    return come_back(client, provider.authorize(begin(client), email=email))


def stored(tenant, email) -> Member:
    with tenant_schema(tenant):
        return Member.objects.get(email=email)


def test_an_invitation_leads_to_the_provider_also_one_that_was_mailed_before(acme, globex, operator, only_company):
    before = invited(acme, "ann@acme.example", operator)
    only_company(acme)
    after = invited(acme, "bob@acme.example", operator)
    for text in (mail.outbox[-1].body, mail.outbox[-1].alternatives[0].content):
        assert "You sign in with Company Login" in text
        assert "password" not in text
    invited(globex, "ann@globex.example", operator)
    assert "Choose a password and you are in" in mail.outbox[-1].body

    guest = browser(acme)
    for page in (guest.get(before), guest.get(after), guest.post(before, {"name": "Ann", "password": ANOTHER})):
        assert page.status_code == 200
        assert BUTTON in page.text
        assert 'name="password"' not in page.text
    assert stored(acme, "ann@acme.example").last_login is None


def test_who_was_invited_is_in_by_the_provider_and_has_accepted(acme, operator, provider, only_company):
    only_company(acme)
    path = invited(acme, "ann@acme.example", operator)
    add_member(acme.pk, email="bob@acme.example", actor=operator)
    guest = browser(acme)
    guest.get(path)
    assert by_company(guest, provider, "ann@acme.example")["Location"] == "/"
    page = guest.get("/settings/members/").text
    assert page.count("Invited, not accepted yet") == 1, "only bob has not been here"


def test_a_forgotten_password_is_nothing_to_ask_for_and_an_old_link_says_how_one_signs_in(
    acme, operator, only_company, django_capture_on_commit_callbacks
):
    add_member(acme.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    mail_reset(str(acme.pk), "ann@acme.example", "")
    old = mailed_path()
    only_company(acme)
    guest = browser(acme)
    with django_capture_on_commit_callbacks() as enqueued:
        asked = [guest.get("/settings/reset/"), guest.post("/settings/reset/", {"email": "ann@acme.example"})]
    for page in (*asked, guest.get(old), guest.post(old, {"password": ANOTHER})):
        assert (page.status_code, BUTTON in page.text) == (403, True)
        assert "There are no passwords here" in page.text
        assert "<form" not in page.text
    mail_reset(str(acme.pk), "ann@acme.example", "")
    assert (len(enqueued), len(mail.outbox)) == (0, 1)
    assert not AuditEntry.objects.filter(action="password.reset").exists()


def test_a_link_is_good_again_once_passwords_are_offered_again(acme, operator, only_company):
    path = invited(acme, "ann@acme.example", operator)
    only_company(acme)
    _, _, purpose, link_id, secret, _ = path.split("/")
    key = MailedKey(MailedLink.Purpose(purpose), link_id, secret)
    with pytest.raises(PasswordNotOfferedError):
        choose_password(acme, key, password=ANOTHER, visit=Visit("192.0.2.7", ""))
    assert stored(acme, "ann@acme.example").password.startswith("!")
    update_access(acme.pk, methods=["company", "password"], actor=operator)
    assert browser(acme).post(path, {"name": "Ann", "password": ANOTHER})["Location"] == "/"


def test_the_profile_says_how_one_signs_in_and_a_password_from_before_changes_and_proves_nothing(
    acme, operator, provider, only_company
):
    add_member(acme.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    only_company(acme)
    ann = browser(acme)
    by_company(ann, provider, "ann@acme.example")
    page = ann.get("/settings/profile/").text
    assert "With Company Login. Nobody needs a password here." in page
    assert 'name="current"' not in page
    refused = ann.post("/settings/profile/password/", {"current": PASSWORD, "password": ANOTHER})
    assert (refused.status_code, check_password(PASSWORD, stored(acme, "ann@acme.example").password)) == (422, True)
    assert 'name="password"' not in ann.get("/settings/profile/confirm/").text
    proved = ann.post("/settings/profile/confirm/", {"password": PASSWORD})
    assert "Nobody signs in with a password here" in proved.text

    update_access(acme.pk, methods=["company", "password"], actor=operator)
    assert 'name="current"' in ann.get("/settings/profile/").text


def test_a_member_without_a_password_is_shown_the_way_to_one(acme, operator, provider, offer):
    offer(acme, provider)
    add_member(acme.pk, email="ann@acme.example", actor=operator)
    ann = browser(acme)
    by_company(ann, provider, "ann@acme.example")
    page = ann.get("/settings/profile/").text
    assert "You have no password yet." in page
    assert 'name="current"' not in page


def test_whom_an_administrator_adds_where_nobody_is_invited_gets_no_password_either(
    acme, operator, provider, only_company
):
    only_company(acme)
    update_access(acme.pk, sign_up="closed", actor=operator)
    owner = browser(acme)
    by_company(owner, provider, "owner@acme.example")
    page = owner.get("/settings/members/").text
    assert "They sign in with Company Login." in page
    assert 'name="password"' not in page
    owner.post("/settings/members/", {"email": "new@acme.example", "name": "", "role": "member"})
    assert stored(acme, "new@acme.example").password.startswith("!")
