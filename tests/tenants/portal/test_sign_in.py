"""Who gets in to the settings, and for how long."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import get_resolver

from tenants.identity.models import SignIn
from tenants.identity.services.members import remove_member, set_member_password, update_member
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.portal.conftest import browser, sign_in

PAGES = [
    "", "branding/", "files/", "files/states/", "files/logo_light/received/", "features/", "flags/",
    "flags/beta/rules/", "app-settings/", "environment/", "access/", "access/providers/",
    "access/providers/add/google/",
    "access/proxies/add/", "access/directory/", "members/", "conversations/", "usage/", "usage/file/",
    "chat/", "history/", "history/1/restore/", "no-such-page/",
]  # fmt: skip
PAGES_OF_PROVIDERS = [
    "access/providers/google/", "access/providers/google/test/", "access/providers/google/try/",
    "access/proxies/proxy/",
]  # fmt: skip
PAGES_OF_CONVERSATIONS = ["conversations/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f/", "conversations/export/"]
OWN_PAGES = [
    "profile/", "profile/confirm/", "profile/second-factor/app/", "profile/second-factor/passkeys/",
]  # fmt: skip
MEMBER = "members/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"
PASSKEY = "profile/second-factor/passkeys/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"
UPLOAD = "files/uploads/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"
COMMANDS = [
    "files/logo_light/", "files/logo_light/describe/", "files/logo_light/remove/", f"{UPLOAD}/finish/",
    f"{UPLOAD}/cancel/", "flags/beta/", "flags/beta/remove/", "environment/KEY/remove/",
    "access/directory/tokens/", "access/directory/tokens/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f/revoke/",
    "access/directory/groups/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f/",
    "access/proxies/proxy/secrets/", "access/proxies/proxy/remove/",
    "access/proxies/proxy/secrets/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f/withdraw/",
    "conversations/delete/", "conversations/policy/",
    "access/history/", "access/sign-out-everyone/", "access/providers/google/remove/", "preview/branding/",
    f"{MEMBER}/", f"{MEMBER}/invite/", f"{MEMBER}/sign-out/",
    f"{MEMBER}/remove/",
    f"{MEMBER}/second-factor/reset/", "publish/", "publish/discard/", "publish/on-save/",
    "publish/cancel/",
]  # fmt: skip
OWN_COMMANDS = [
    "profile/second-factor/app/remove/", "profile/second-factor/recovery-codes/", f"{PASSKEY}/", f"{PASSKEY}/remove/",
    "profile/name/", "profile/password/", "profile/sign-ins/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f/end/",
]  # fmt: skip


def reads_settings(client) -> bool:
    return client.get("/settings/branding/").status_code == 200


def owner_id(tenant) -> str:
    with tenant_schema(tenant):
        return str(Member.objects.get(email=f"owner@{tenant.slug}.example").pk)


def test_an_owner_signs_in_and_reads_the_settings(acme):
    client = browser(acme)
    response = sign_in(client, "Owner@Acme.Example ")
    assert (response.status_code, response["Location"]) == (302, "/settings/")
    assert reads_settings(client)


def test_unknown_address_and_wrong_password_are_told_the_same_way(acme):
    unknown = sign_in(browser(acme), "nobody@acme.example")
    wrong = sign_in(browser(acme), "owner@acme.example", "not the password")
    sentence = "That e-mail address and password do not belong together."
    assert unknown.status_code == wrong.status_code == 422
    assert sentence in unknown.content.decode()
    assert sentence in wrong.content.decode()


def test_an_inactive_member_is_told_as_an_unknown_one(acme, member, operator):
    ann = member(acme)
    update_member(acme.pk, ann.pk, name="Ann", role="admin", is_active=False, actor=operator)
    response = sign_in(browser(acme), "ann@example.com")
    assert response.status_code == 422
    assert "do not belong together" in response.content.decode()


def test_a_plain_member_is_told_who_can_help(acme, member):
    member(acme, role="member")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    for page in [*PAGES, *PAGES_OF_PROVIDERS, *PAGES_OF_CONVERSATIONS]:
        response = client.get(f"/settings/{page}")
        assert response.status_code == 403
        assert "Only owners and admins may use the settings" in response.content.decode()
    for command in COMMANDS:
        assert client.post(f"/settings/{command}").status_code == 403


def test_an_admin_gets_in_too(acme, member):
    member(acme, role="admin")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    assert reads_settings(client)


def test_empty_fields_are_named_and_what_was_typed_is_kept(acme):
    response = browser(acme).post("/settings/sign-in/", {"email": "ann@example.com", "password": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write your password." in page
    assert 'value="ann@example.com"' in page


def test_a_cookie_of_one_tenant_is_refused_at_another(acme, globex, owner_of_acme):
    stranger = browser(globex)
    stranger.cookies["access_token"] = owner_of_acme.cookies["access_token"].value
    response = stranger.get("/settings/branding/")
    assert response.status_code == 302
    assert response["Location"].startswith("/settings/sign-in/")


def test_a_sign_in_copied_into_another_tenants_table_is_refused(acme, globex, owner_of_acme):
    with tenant_schema(acme):
        row = SignIn.objects.get()
    with tenant_schema(globex):
        # The same member and sign-in ids at globex, so that only the token is left to refuse.
        Member.objects.filter(email="owner@globex.example").update(id=row.member_id)
        SignIn.objects.create(id=row.pk, member_id=row.member_id, method=row.method)
    stranger = browser(globex)
    stranger.cookies["access_token"] = owner_of_acme.cookies["access_token"].value
    assert not reads_settings(stranger)


def test_a_token_whose_sign_in_was_closed_is_worth_nothing(acme, owner_of_acme):
    thief = browser(acme)
    thief.cookies["access_token"] = owner_of_acme.cookies["access_token"].value
    assert reads_settings(thief)
    owner_of_acme.post("/settings/sign-out/")
    assert not reads_settings(thief)


def test_signing_in_anew_closes_the_sign_in_before(acme, owner_of_acme):
    thief = browser(acme)
    thief.cookies["access_token"] = owner_of_acme.cookies["access_token"].value
    sign_in(owner_of_acme, "owner@acme.example")
    assert reads_settings(owner_of_acme)
    assert not reads_settings(thief)


def test_signing_in_changes_the_token(acme):
    client = browser(acme)
    sign_in(client, "owner@acme.example")
    before = client.cookies["access_token"].value
    sign_in(client, "owner@acme.example")
    assert client.cookies["access_token"].value != before


def test_a_new_password_ends_the_session(acme, owner_of_acme, operator):
    set_member_password(acme.pk, owner_id(acme), password="quite another phrase", actor=operator)
    assert not reads_settings(owner_of_acme)


@pytest.mark.parametrize(("role", "active"), [("member", True), ("admin", True), ("owner", False)])
def test_another_role_or_being_switched_off_ends_the_session(acme, member, operator, role, active):
    ann = member(acme, role="owner")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    update_member(acme.pk, ann.pk, name="Ann", role=role, is_active=active, actor=operator)
    assert not reads_settings(client)


def test_a_removed_member_is_out(acme, member, operator):
    ann = member(acme)
    client = browser(acme)
    sign_in(client, "ann@example.com")
    remove_member(acme.pk, ann.pk, actor=operator)
    assert not reads_settings(client)


def test_signing_out_needs_a_post_and_ends_the_session(owner_of_acme):
    assert owner_of_acme.get("/settings/sign-out/").status_code == 405
    assert reads_settings(owner_of_acme)
    assert owner_of_acme.post("/settings/sign-out/").status_code == 302
    assert not reads_settings(owner_of_acme)


@pytest.mark.parametrize("page", [*PAGES, *PAGES_OF_PROVIDERS, *PAGES_OF_CONVERSATIONS, *OWN_PAGES])
def test_no_page_is_shown_without_a_sign_in(acme, page):
    response = browser(acme).get(f"/settings/{page}")
    assert response.status_code == 302
    assert response["Location"].startswith("/settings/sign-in/?next=")


@pytest.mark.parametrize("command", [*COMMANDS, *OWN_COMMANDS])
def test_no_command_is_taken_without_a_sign_in(acme, command):
    response = browser(acme).post(f"/settings/{command}")
    assert response.status_code == 302
    assert response["Location"] == "/settings/sign-in/?ended=1"


def test_every_address_of_the_settings_is_among_those_tried_without_a_sign_in():
    routes = _portal_patterns()
    tried = {
        f"/settings/{address}"
        for address in [*PAGES, *PAGES_OF_PROVIDERS, *PAGES_OF_CONVERSATIONS, *OWN_PAGES, *COMMANDS, *OWN_COMMANDS]
    }
    open_to_all = {
        "sign_in", "sign_out", "sign_out_at_provider", "brand_css", "ask_reset", "reset_password", "accept_invitation",
        "ask_sign_up", "follow_sign_up", "saml_metadata", "saml_acs", "saml_arrived", "saml_refused", "saml_signed_out",
        "by_proxy", "sign_in_with", "sign_in_callback",
        "open_visit", "end_visit",
        "second_factor", "enter_second_factor",
    }  # fmt: skip
    for name, route in routes:
        if name not in open_to_all:
            assert any(route.match(address.removeprefix("/settings/")) for address in tried), name
    assert len(routes) == len(tried) + len(open_to_all)


def _portal_patterns():
    included = get_resolver("controlplane.urls.tenant").url_patterns
    portal = next(entry for entry in included if getattr(entry, "app_name", "") == "portal")
    return [(entry.name, entry.pattern) for entry in portal.url_patterns]


def test_a_script_without_a_sign_in_gets_an_error_and_no_page(acme):
    response = browser(acme).get("/settings/files/states/", headers={"accept": "application/json"})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "sign_in_required"


def test_one_comes_back_to_the_page_one_wanted(acme):
    response = sign_in(browser(acme), "owner@acme.example", next="/settings/flags/?a=1")
    assert response["Location"] == "/settings/flags/?a=1"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/settings/", "//evil.example/settings/", "/\\evil.example", "javascript:alert(1)",
        "/settings/../../evil", "http:evil.example", "/elsewhere/", " /settings/", "/settings//\nevil",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_the_sign_in(acme, target):
    response = sign_in(browser(acme), "owner@acme.example", next=target)
    assert response.status_code == 302
    assert urlsplit(urljoin("http://acme.localhost/settings/sign-in/", response["Location"])).netloc == "acme.localhost"
    assert response["Location"].startswith("/settings/")


def test_a_form_without_its_token_is_refused(acme):
    client = browser(acme, enforce_csrf_checks=True)
    assert sign_in(client, "owner@acme.example").status_code == 403
    page = client.get("/settings/sign-in/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    signed_in = sign_in(client, "owner@acme.example", PASSWORD, csrfmiddlewaretoken=token)
    assert signed_in.status_code == 302
    for command in ["branding/", "features/", "flags/", "access/", "members/", *COMMANDS, *OWN_COMMANDS]:
        assert client.post(f"/settings/{command}").status_code == 403, command


@pytest.mark.parametrize("page", ["sign-in/", "reset/", *OWN_PAGES, *PAGES[:-1]])
def test_pages_are_stored_nowhere_and_run_only_our_own_scripts(acme, owner_of_acme, page):
    for client in (browser(acme), owner_of_acme):
        response = client.get(f"/settings/{page}")
        assert "no-store" in response["Cache-Control"]
        assert "script-src 'self';" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert "style=" not in response.content.decode()
        assert "onclick" not in response.content.decode()


def test_the_sign_in_page_wears_the_tenants_brand(acme, globex):
    for tenant in (acme, globex):
        page = browser(tenant).get("/settings/sign-in/").content.decode()
        assert f"For owners and admins of {tenant.name}." in page


@pytest.mark.parametrize(("secure", "elsewhere"), [(True, False), (True, True), (False, True)])
def test_the_cookie_is_this_hosts_alone_and_goes_to_other_sites_only_where_they_are_listed(
    acme, operator, secure, elsewhere
):
    if elsewhere:
        update_access(acme.pk, mode="members", allowed_origins=["https://shop.example"], actor=operator)
    client = browser(acme)
    client.post("/settings/sign-in/", {"email": "owner@acme.example", "password": PASSWORD}, secure=secure)
    cookie = client.cookies["access_token"]
    assert (bool(cookie["secure"]), cookie["domain"], cookie["path"]) == (secure, "", "/")
    assert cookie["httponly"]
    assert cookie["samesite"] == ("None" if secure and elsewhere else "Lax")
    assert bool(cookie["partitioned"] if secure else "") == (secure and elsewhere)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_signing_in_and_out_leaves_no_cookie_of_the_other_kind(acme, operator, elsewhere):
    origins = ["https://shop.example"] if elsewhere else []
    update_access(acme.pk, mode="members", allowed_origins=origins, actor=operator)
    client = browser(acme)
    fields = {"email": "owner@acme.example", "password": PASSWORD}
    kinds = ["; Partitioned", "; SameSite=Lax"]
    for address, posted in (("sign-in", fields), ("sign-out", {})):
        answer = client.post(f"/settings/{address}/", posted, secure=True)
        lines = [cookie.OutputString() for cookie in answer.cookies.values() if cookie.key == "access_token"]
        first, last = (kinds[1], kinds[0]) if elsewhere else (kinds[0], kinds[1])
        # The one that goes comes first: a browser that knows one kind alone must be left with the one that stays.
        assert [first in lines[0], last in lines[0], first in lines[1], last in lines[1]] == [True, False, False, True]
        assert "Max-Age=0" in lines[0]
        assert ("Max-Age=0" in lines[1]) == (address == "sign-out")
        assert all("Secure" in line and "HttpOnly" in line and "Domain" not in line for line in lines)
