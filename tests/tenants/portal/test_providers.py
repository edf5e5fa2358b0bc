"""Identity providers on the settings page: set up, tested with one's own account, offered, and taken away."""

import re
from urllib.parse import urlencode

import pytest

from tenants.identity.models import IdentityProvider, SignIn
from tenants.identity.providers.services import get_provider, open_secret
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import update_access
from tests.tenants.identity.oidc.journeys import CALLBACK
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET
from tests.tenants.portal.conftest import browser, live_document, sign_in

PAGE = "/settings/access/providers/"


def filled_in(provider, **values) -> dict[str, object]:
    return {
        "label": "Acme SSO", "id": "company", "issuer": provider.issuer, "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET, "token_authentication": "client_secret_basic", "scopes": "openid email profile",
        "creates_members": "on", "requires_verified_email": "on", "default_role": "member",
        "role_rules": "chiefs = Admin\nstaff=member", "email_domains": "acme.example", **values,
    }  # fmt: skip


def set_up(client, provider, **values):
    return client.post(f"{PAGE}add/other/", filled_in(provider, **values))


def row(tenant) -> IdentityProvider:
    with tenant_schema(tenant):
        return get_provider("company")


def test_an_owner_sets_a_provider_up_and_it_is_offered_once_the_policy_says_so(owner_of_acme, acme, globex, provider):
    presets = owner_of_acme.get(PAGE).content.decode()
    assert all(name in presets for name in ("Google", "Microsoft Entra ID", "Okta", "Auth0", "Keycloak", "GitHub"))
    response = set_up(owner_of_acme, provider)
    assert response["Location"] == f"{PAGE}company/test/"
    stored = row(acme)
    assert (stored.label, stored.kind, stored.email_domains) == ("Acme SSO", "oidc", ["acme.example"])
    assert stored.role_rules == [{"group": "chiefs", "role": "admin"}, {"group": "staff", "role": "member"}]
    assert open_secret(acme, stored) == CLIENT_SECRET
    assert "methods" not in live_document(acme)["access"]
    owner_of_acme.post("/settings/access/", {"methods": ["", "company", "password"]})
    assert [method["id"] for method in live_document(acme)["access"]["methods"]] == ["company", "password"]
    page = browser(acme).get("/settings/sign-in/").content.decode()
    assert page.index("Continue with Acme SSO") < page.index('name="password"')
    assert "Acme SSO" not in browser(globex).get("/settings/sign-in/").content.decode()
    with tenant_schema(globex):
        assert not IdentityProvider.objects.exists()


def test_a_secret_is_written_and_never_shown(owner_of_acme, acme, provider):
    set_up(owner_of_acme, provider)
    for path in (f"{PAGE}company/", f"{PAGE}company/test/", "/settings/access/"):
        page = owner_of_acme.get(path).content.decode()
        assert CLIENT_SECRET not in page
        assert row(acme).secret not in page
    owner_of_acme.post(f"{PAGE}company/", filled_in(provider, secret="", label="Acme"))
    assert (row(acme).label, open_secret(acme, row(acme))) == ("Acme", CLIENT_SECRET)
    owner_of_acme.post(f"{PAGE}company/", filled_in(provider, secret="another one"))
    assert open_secret(acme, row(acme)) == "another one"
    assert "another one" not in str(list(AuditEntry.objects.values()))


def test_what_is_wrong_is_said_beside_the_field(owner_of_acme, acme, provider):
    wrong = {
        "issuer": "https://login.microsoftonline.com/{tenant id}/v2.0",
        "role_rules": "chiefs: admin",
        "email_domains": "*.example",
        "scopes": "email",
    }
    for field, value in wrong.items():
        response = set_up(owner_of_acme, provider, **{field: value})
        assert response.status_code == 422
        assert re.search(rf'id="id_{field}_error"', response.content.decode()), field
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()


def test_the_addresses_to_register_are_there_to_copy(owner_of_acme, acme):
    page = owner_of_acme.get(f"{PAGE}add/google/").content.decode()
    assert f'value="http://acme.localhost:8000{CALLBACK}"' in page
    assert "authorised redirect URIs" in page
    assert 'name="issuer"' not in page


def test_the_connection_is_tested_with_ones_own_account_and_nobody_is_signed_in(owner_of_acme, acme, provider):
    set_up(owner_of_acme, provider)
    page = owner_of_acme.get(f"{PAGE}company/test/").content.decode()
    assert page.count("check-good") == 4
    assert "check-bad" not in page
    url = owner_of_acme.get(f"{PAGE}company/try/")["Location"]
    answer = provider.authorize(url, groups=["chiefs"], sub="new-1")
    response = owner_of_acme.get(f"{CALLBACK}?{urlencode(answer)}")
    assert response["Location"] == f"{PAGE}company/test/"
    page = owner_of_acme.get(response["Location"]).content.decode()
    assert "ann@acme.example would become a member, as a member." in page
    assert "new-1" in page
    with tenant_schema(acme):
        assert [row.member.email for row in SignIn.objects.select_related("member")] == ["owner@acme.example"]
    assert not AuditEntry.objects.filter(method="company").exists()
    # Told once.
    assert "new-1" not in owner_of_acme.get(f"{PAGE}company/test/").content.decode()


def test_a_test_says_what_is_wrong_in_detail(owner_of_acme, acme, provider):
    set_up(owner_of_acme, provider)
    for claims, sentence in (
        ({"aud": "client-2"}, "A claim of the token is missing, or not what it must be"),
        ({"email_verified": False}, "ann@acme.example would not be signed in"),
        ({"email": "ann@other.example"}, "ann@other.example would not be signed in"),
    ):
        answer = provider.authorize(owner_of_acme.get(f"{PAGE}company/try/")["Location"], **claims)
        owner_of_acme.get(f"{CALLBACK}?{urlencode(answer)}")
        assert sentence in owner_of_acme.get(f"{PAGE}company/test/").content.decode()
    provider.replies = {"/jwks": lambda: (500, {}, b"")}
    page = owner_of_acme.get(f"{PAGE}company/test/").content.decode()
    assert page.count("check-bad") == 1


def test_a_test_tells_only_the_administrator_who_began_it(owner_of_acme, acme, provider, member):
    set_up(owner_of_acme, provider)
    answer = provider.authorize(owner_of_acme.get(f"{PAGE}company/try/")["Location"])
    other = browser(acme)
    for name, cookie in owner_of_acme.cookies.items():
        if name.startswith("sign_in_"):
            other.cookies[name] = cookie.value
    member(acme, role="owner")
    sign_in(other, "ann@example.com")
    assert other.get(f"{CALLBACK}?{urlencode(answer)}").status_code == 404


def test_a_provider_that_is_removed_is_gone_from_the_policy(owner_of_acme, acme, provider, operator):
    set_up(owner_of_acme, provider)
    update_access(acme.pk, methods=["company", "password"], actor=operator)
    response = owner_of_acme.post(f"{PAGE}company/remove/")
    assert response["Location"] == "/settings/access/"
    with tenant_schema(acme):
        assert not IdentityProvider.objects.exists()
    assert "methods" not in live_document(acme)["access"]


@pytest.mark.parametrize("path", ["", "add/google/", "company/", "company/test/", "company/try/"])
def test_admins_neither_see_nor_change_who_vouches_for_people(owner_of_acme, acme, provider, member, path):
    set_up(owner_of_acme, provider)
    member(acme, role="admin")
    admin = browser(acme)
    sign_in(admin, "ann@example.com")
    assert admin.get(f"{PAGE}{path}").status_code == 403
    assert admin.post(f"{PAGE}company/remove/").status_code == 403
    access = admin.get("/settings/access/").content.decode()
    assert "Acme SSO" in access
    assert f"{PAGE}company/" not in access
