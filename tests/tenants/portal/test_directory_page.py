"""The settings' page for a directory: tokens are shown once, groups get roles, and each role sees what it may do."""

import re

import pytest

from tenants.identity.scim.models import ScimGroup, ScimToken
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.scim.directory import Directory, connect
from tests.tenants.portal.conftest import browser, sign_in

PAGE = "/settings/access/directory/"


def shown_token(page: str) -> str:
    return re.search(r'id="made-token" value="(scim_[^"]+)"', page).group(1)


@pytest.fixture
def admin_of_acme(acme, member):
    member(acme, role="admin", email="admin@acme.example")
    client = browser(acme)
    assert sign_in(client, "admin@acme.example").status_code == 302
    return client


def test_an_owner_makes_a_token_that_is_shown_once_and_works(acme, owner_of_acme):
    answer = owner_of_acme.post(f"{PAGE}tokens/", {"name": "Entra", "days": "90"})
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    token = shown_token(answer.text)
    later = owner_of_acme.get(PAGE).text
    assert token not in later
    assert token[:13] in later
    assert "Not heard of yet" in later
    Directory("acme.localhost", token).ask("GET", "/Users")
    assert "Last heard" in owner_of_acme.get(PAGE).text
    assert "1 token, 0 groups. Last heard" in owner_of_acme.get("/settings/access/").text


def test_the_page_names_the_address_that_directories_need(owner_of_acme):
    assert 'value="http://acme.localhost/settings/scim/v2"' in owner_of_acme.get(PAGE).text


def test_a_revoked_token_is_gone_from_the_page(acme, owner_of_acme):
    directory = connect(acme, name="Entra")
    with tenant_schema(acme):
        token = ScimToken.objects.get()
    page = owner_of_acme.post(f"{PAGE}tokens/{token.pk}/revoke/", follow=True).text
    assert "The token is revoked." in page
    assert token.prefix not in page
    directory.ask("GET", "/Users", status=401)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "", "days": "90"}, "This field is required."),
        ({"name": "entra", "days": "90"}, "There is a token “entra” already."),
        ({"name": "Okta", "days": "7"}, "Select a valid choice."),
    ],
)
def test_a_bad_token_is_refused_at_its_field(acme, owner_of_acme, values, sentence):
    connect(acme, name="Entra")
    answer = owner_of_acme.post(f"{PAGE}tokens/", values)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "made-token" not in answer.text


def test_an_owner_ties_a_group_to_a_role(acme, owner_of_acme):
    directory = connect(acme)
    ann = directory.add_user("ann@acme.example")
    group = directory.add_group("<b>Chat admins</b>", ann["id"])
    assert "&lt;b&gt;Chat admins&lt;/b&gt;" in owner_of_acme.get(PAGE).text
    page = owner_of_acme.post(f"{PAGE}groups/{group['id']}/", {"role": "admin"}, follow=True).text
    assert "Saved." in page
    assert '<option value="admin" selected>Admin</option>' in page
    assert directory.ask("GET", f"/Users/{ann['id']}")["roles"][0]["value"] == "admin"


def test_admins_tie_groups_below_owners_and_give_no_tokens(acme, admin_of_acme):
    group = connect(acme).add_group("Staff")
    page = admin_of_acme.get(PAGE).text
    assert "Make a token" not in page
    assert "/revoke/" not in page
    assert '<option value="owner">' not in page
    with tenant_schema(acme):
        token = ScimToken.objects.get()
    assert admin_of_acme.post(f"{PAGE}tokens/", {"name": "Mine", "days": "0"}).status_code == 403
    assert admin_of_acme.post(f"{PAGE}tokens/{token.pk}/revoke/").status_code == 403
    refused = admin_of_acme.post(f"{PAGE}groups/{group['id']}/", {"role": "owner"}, follow=True).text
    assert "Only owners may" in refused
    admin_of_acme.post(f"{PAGE}groups/{group['id']}/", {"role": "admin"})
    with tenant_schema(acme):
        assert ScimGroup.objects.get().role == "admin"
        assert ScimToken.objects.count() == 1


def test_members_and_strangers_see_nothing_of_it(acme, member):
    member(acme, role="member", email="plain@acme.example")
    client = browser(acme)
    assert client.get(PAGE).status_code == 302
    sign_in(client, "plain@acme.example")
    assert client.get(PAGE).status_code == 403


def test_a_token_or_group_of_another_tenant_is_unknown_here(acme, globex, owner_of_acme):
    group = connect(globex).add_group("Staff")
    with tenant_schema(globex):
        token = ScimToken.objects.get()
    assert "There is no such token." in owner_of_acme.post(f"{PAGE}tokens/{token.pk}/revoke/", follow=True).text
    answer = owner_of_acme.post(f"{PAGE}groups/{group['id']}/", {"role": "admin"}, follow=True)
    assert "There is no such group." in answer.text
    with tenant_schema(globex):
        assert ScimGroup.objects.get().role == ""
        assert ScimToken.objects.count() == 1
