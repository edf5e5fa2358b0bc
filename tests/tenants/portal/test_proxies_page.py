"""Setting up a proxy that names people: its headers, its secrets, and who may do so."""

import re

from tenants.identity.models import IdentityProvider, ProxySecret
from tenants.identity.proxies.signing_in import sign_in_by_proxy
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import update_access
from tests.tenants.identity.people import HOME
from tests.tenants.identity.test_proxies import headers
from tests.tenants.portal.conftest import browser, live_document, sign_in

ADD = "/settings/access/proxies/add/"
PROXY = "/settings/access/proxies/proxy/"
VALUES = {
    "label": "Company proxy", "id": "proxy", "email_header": "X-Email", "name_header": "", "groups_header": "X-Groups",
    "creates_members": "on", "email_domains": "", "role_rules": "staff = admin", "default_role": "member",
}  # fmt: skip


def shown_secret(page: str) -> str:
    return re.search(r'id="new-secret" value="([^"]+)"', page).group(1)


def test_a_proxy_is_set_up_with_a_secret_that_is_shown_once_and_works(acme, globex, owner_of_acme, operator):
    page = owner_of_acme.post(ADD, VALUES)
    secret = shown_secret(page.text)
    assert page.status_code == 200
    again = owner_of_acme.get(PROXY).text
    assert secret not in again
    assert 'value="X-Email"' in again
    assert "staff = admin" in again
    assert "Nobody signs in by it until it is ticked" in again
    assert 'href="/settings/access/proxies/proxy/"' in owner_of_acme.get("/settings/access/").text
    assert 'href="/settings/access/proxies/add/"' in owner_of_acme.get("/settings/access/providers/").text

    update_access(acme.pk, mode="members", methods=["password", "proxy"], actor=operator)
    person = sign_in_by_proxy(acme, headers(secret, **{"x-groups": "staff"}), visit=HOME)
    assert (person.email, person.role) == ("ann@acme.example", "admin")
    with tenant_schema(globex):
        assert not IdentityProvider.objects.exists()


def test_a_new_secret_is_shown_beside_the_one_before_and_either_can_be_withdrawn(acme, owner_of_acme):
    first = shown_secret(owner_of_acme.post(ADD, VALUES).text)
    second = shown_secret(owner_of_acme.post(f"{PROXY}secrets/").text)
    assert first != second
    with tenant_schema(acme):
        newest, older = ProxySecret.objects.all()
    page = owner_of_acme.post(f"{PROXY}secrets/{older.pk}/withdraw/", follow=True).text
    assert "That secret signs nobody in any more." in page
    assert "There is no such secret." in owner_of_acme.post(f"{PROXY}secrets/{older.pk}/withdraw/", follow=True).text
    with tenant_schema(acme):
        assert [row.pk for row in ProxySecret.objects.all()] == [newest.pk]


def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(acme, owner_of_acme):
    for changes, said in (
        ({"email_header": "X_Email"}, "underscores are not taken"),
        ({"name_header": "Cookie"}, "says something else than who somebody is"),
        ({"id": "Not A Name"}, "begins with a letter"),
        ({"role_rules": "staff"}, "is no rule"),
    ):
        page = owner_of_acme.post(ADD, {**VALUES, **changes})
        assert (page.status_code, said in page.text) == (422, True), changes
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()


def test_other_headers_are_live_at_once_and_a_removed_proxy_is_out_of_the_policy(acme, owner_of_acme, operator):
    owner_of_acme.post(ADD, VALUES)
    update_access(acme.pk, mode="members", methods=["password", "proxy"], actor=operator)
    saved = owner_of_acme.post(PROXY, {**VALUES, "email_header": "Remote-Email"}, follow=True).text
    assert "Saved. Live as revision" in saved
    assert live_document(acme)["access"]["methods"][1]["headers"]["email"] == "remote-email"
    assert "Company proxy is removed." in owner_of_acme.post(f"{PROXY}remove/", follow=True).text
    assert "methods" not in live_document(acme)["access"]


def test_admins_neither_see_nor_set_up_proxies(acme, owner_of_acme, member):
    owner_of_acme.post(ADD, VALUES)
    member(acme, role="admin")
    admin = browser(acme)
    sign_in(admin, "ann@example.com")
    assert "/settings/access/proxies/" not in admin.get("/settings/access/").text
    for answer in (admin.get(PROXY), admin.get(ADD), admin.post(f"{PROXY}secrets/")):
        assert (answer.status_code, "new-secret" in answer.text) == (403, False)
    with tenant_schema(acme):
        assert ProxySecret.objects.count() == 1
