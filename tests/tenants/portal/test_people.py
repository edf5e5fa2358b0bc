"""Members as administrators see them, one's own profile, and the pages of mailed links."""

import re

import pytest
from django.core import mail

from tenants.identity.models import SignIn
from tenants.identity.services.members import add_member
from tenants.identity.services.passwords import mail_invitation, mail_reset
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.conftest import PASSWORD
from tests.tenants.portal.conftest import browser, sign_in

ANOTHER = "quite another phrase"


def find(tenant, email) -> Member:
    with tenant_schema(tenant):
        return Member.objects.get(email=email)


def mailed_path() -> str:
    return re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body).group(1)


def reads_profile(client) -> bool:
    return client.get("/settings/profile/").status_code == 200


def test_a_member_is_invited_accepts_and_is_in_without_signing_in_again(acme, owner_of_acme):
    page = owner_of_acme.post(
        "/settings/members/", {"email": "New@acme.example", "name": "", "role": "member"}, follow=True
    )
    assert "The invitation to new@acme.example is on its way." in page.text
    assert "Invited, not accepted yet" in page.text
    new = find(acme, "new@acme.example")
    mail_invitation(str(acme.pk), str(new.pk))

    guest = browser(acme)
    assert "You are invited as new@acme.example" in guest.get(mailed_path()).text
    weak = guest.post(mailed_path(), {"name": "Nell", "password": "short"})
    assert (weak.status_code, "at least 10" in weak.text) == (422, True)
    accepted = guest.post(mailed_path(), {"name": "Nell", "password": ANOTHER})
    assert accepted["Location"] == "/"
    assert reads_profile(guest)
    assert browser(acme).get(mailed_path()).status_code == 410


def test_everybody_who_forgot_a_password_is_told_the_same(acme, member):
    member(acme, role="member")
    known, unknown = (
        browser(acme).post("/settings/reset/", {"email": email}) for email in ("ann@example.com", "nobody@example.com")
    )
    assert known.status_code == unknown.status_code == 200
    told = [
        answer.text.replace(email, "")
        for answer, email in ((known, "ann@example.com"), (unknown, "nobody@example.com"))
    ]
    tokens = [re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text) for text in told]
    assert tokens[0] == tokens[1]


def test_a_reset_signs_in_here_and_out_everywhere_else(acme, member):
    member(acme, role="member")
    elsewhere = browser(acme)
    sign_in(elsewhere, "ann@example.com")
    assert reads_profile(elsewhere)
    mail_reset(str(acme.pk), "ann@example.com", "")
    here = browser(acme)
    here.post(mailed_path(), {"password": ANOTHER})
    assert reads_profile(here)
    assert not reads_profile(elsewhere)


def test_a_link_of_one_tenant_leads_nowhere_at_another(acme, globex, member):
    member(acme)
    mail_reset(str(acme.pk), "ann@example.com", "")
    assert browser(globex).get(mailed_path()).status_code == 410
    assert browser(acme).get(mailed_path()).status_code == 200


@pytest.mark.parametrize(
    ("command", "values"),
    [("", {"name": "Ann", "role": "admin"}), ("sign-out/", {}), ("remove/", {})],
    ids=["switched off", "signed out", "removed"],
)
def test_what_an_administrator_does_to_a_member_holds_at_once(acme, owner_of_acme, member, command, values):
    ann = member(acme, role="admin")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    assert reads_profile(client)
    owner_of_acme.post(f"/settings/members/{ann.pk}/{command}", values)
    assert not reads_profile(client)
    assert str(ann.pk) in acme_ended(acme)
    assert AuditEntry.objects.filter(tenant_id=acme.pk, target="ann@example.com", actor="owner@acme.example").exists()


def acme_ended(acme) -> dict:
    acme.refresh_from_db()
    return acme.live_publication.document["access"]["ended"]


def test_admins_manage_members_and_admins_but_no_owners(acme, member, operator):
    member(acme, role="admin")
    admin = browser(acme)
    sign_in(admin, "ann@example.com")
    owner = find(acme, "owner@acme.example")
    bob = add_member(acme.pk, email="bob@acme.example", password=PASSWORD, actor=operator)
    for command, values in (("", {"name": "", "role": "member"}), ("remove/", {}), ("sign-out/", {})):
        page = admin.post(f"/settings/members/{owner.pk}/{command}", values, follow=True)
        assert "Only owners may change owners" in page.text
    admin.post(f"/settings/members/{bob.pk}/", {"name": "", "role": "owner", "is_active": "on"})
    admin.post("/settings/members/", {"email": "eve@acme.example", "name": "", "role": "owner"})
    with tenant_schema(acme):
        assert list(Member.objects.filter(role="owner")) == [owner]
    admin.post(f"/settings/members/{bob.pk}/", {"name": "Bob", "role": "admin", "is_active": "on"})
    assert find(acme, "bob@acme.example").role == "admin"


def test_a_member_of_another_tenant_is_not_there(acme, globex, owner_of_acme):
    foreign = find(globex, "owner@globex.example")
    for command in ("", "invite/", "sign-out/", "remove/"):
        page = owner_of_acme.post(f"/settings/members/{foreign.pk}/{command}", {"role": "member"}, follow=True)
        assert "There is no such member." in page.text
    assert find(globex, "owner@globex.example") == foreign


def test_a_plain_member_sees_the_profile_and_no_other_page(acme, member):
    member(acme, role="member")
    client = browser(acme)
    sign_in(client, "ann@example.com", next="/settings/profile/")
    page = client.get("/settings/profile/").text
    assert "/settings/branding/" not in page
    client.post("/settings/profile/name/", {"name": "Anna"})
    assert find(acme, "ann@example.com").name == "Anna"


def test_a_password_is_changed_by_who_knows_it_and_other_devices_are_out(acme, member):
    member(acme)
    here, elsewhere = browser(acme), browser(acme)
    for client in (here, elsewhere):
        sign_in(client, "ann@example.com")
    wrong = here.post("/settings/profile/password/", {"current": "wrong", "password": ANOTHER})
    assert (wrong.status_code, "That is not your present password." in wrong.text) == (422, True)
    here.post("/settings/profile/password/", {"current": PASSWORD, "password": ANOTHER})
    assert reads_profile(here)
    assert not reads_profile(elsewhere)


def test_another_device_is_signed_out_and_only_ones_own(acme, member, owner_of_acme):
    ann = member(acme)
    here, elsewhere = browser(acme), browser(acme)
    for client in (here, elsewhere):
        sign_in(client, "ann@example.com")
    with tenant_schema(acme):
        theirs = SignIn.objects.get(member__email="owner@acme.example")
        first = SignIn.objects.filter(member=ann).earliest("created_at")
    elsewhere.post(f"/settings/profile/sign-ins/{theirs.pk}/end/")
    assert reads_profile(owner_of_acme)
    elsewhere.post(f"/settings/profile/sign-ins/{first.pk}/end/")
    assert not reads_profile(here)
    assert reads_profile(elsewhere)
    assert str(first.pk) in acme_ended(acme)
