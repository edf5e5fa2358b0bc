"""The pages of second factors: the second step of a sign-in, and a member's own factors on the profile."""

import html
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.utils import timezone

from tenants.identity.models import AuthenticatorApp, PendingSignIn, SignIn
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.tenants.identity.enrolled import code_of, give_app, give_passkey, options_in
from tests.tenants.identity.factors.device import Device
from tests.tenants.portal.conftest import browser, sign_in

STEP = "/settings/sign-in/second-factor/"
OWNER = "owner@acme.example"
ORIGIN = "http://acme.localhost"


@pytest.fixture
def owner(acme) -> Member:
    with tenant_schema(acme):
        return Member.objects.get()


def begin(tenant, **more):
    """Return a browser that has given a right password and is at the second step."""
    client = browser(tenant)
    answer = sign_in(client, f"owner@{tenant.slug}.example", **more)
    assert answer["Location"].startswith(STEP)
    assert "access_token" not in client.cookies
    assert client.get(answer["Location"])["Location"] == STEP
    return client


def is_in(client) -> bool:
    return client.get("/settings/branding/").status_code == 200


def require(tenant, operator, policy="required"):
    update_access(tenant.pk, mode="members", owner_second_factor=policy, actor=operator)


def secret_in(page: str) -> tuple[str, str]:
    spelled = re.search(r'setup-key">([A-Z2-7 ]+)<', page).group(1)
    return spelled.replace(" ", ""), re.search(r'name="sealed" value="([^"]+)"', page).group(1)


def test_a_password_alone_is_not_enough_for_whoever_set_a_factor_up(acme, owner):
    secret, _ = give_app(acme, owner)
    client = begin(acme, next="/settings/flags/")
    assert not is_in(client)
    page = client.get(STEP)
    assert 'autocomplete="one-time-code"' in page.text
    assert OWNER in page.text
    wrong = client.post(STEP, {"code": "000000"})
    assert (wrong.status_code, "That code does not work." in wrong.text) == (422, True)
    entered = client.post(STEP, {"code": code_of(secret)})
    assert entered["Location"] == "/settings/flags/"
    assert is_in(client)
    assert client.get(STEP)["Location"] == "/"
    actions = [entry.action for entry in AuditEntry.objects.filter(tenant_id=acme.pk, target=OWNER)]
    assert actions[:3] == ["sign_in.begin", "second_factor.use", "second_factor.refuse"]


def test_a_passkey_and_a_recovery_code_let_in_too(acme, owner):
    _, codes = give_app(acme, owner)
    device = give_passkey(acme, owner)
    first = begin(acme)
    answer = device.sign(options_in(first.get(STEP).text), origin=ORIGIN)
    assert first.post(STEP, {"answer": answer})["Location"] == "/settings/"
    second = begin(acme)
    assert second.post(STEP, {"answer": answer}).status_code == 422
    assert second.post(STEP, {"recovery": "abcd"}).status_code == 422
    assert second.post(STEP, {"recovery": codes[3]})["Location"] == "/settings/"
    assert is_in(first)
    assert is_in(second)


def test_a_link_is_one_browsers_and_one_tenants(acme, globex, owner):
    secret, _ = give_app(acme, owner)
    victim, thief, stranger = browser(acme), browser(acme), browser(globex)
    link = sign_in(victim, OWNER)["Location"]
    assert stranger.get(link).status_code == 410
    assert victim.get(link).status_code == 302
    assert thief.get(link).status_code == 410
    stranger.cookies["second_factor"] = victim.cookies["second_factor"].value
    assert stranger.post(STEP, {"code": code_of(secret)}).status_code == 410
    cookie = victim.cookies["second_factor"]
    assert (cookie["path"], bool(cookie["httponly"]), cookie["samesite"], cookie["domain"]) == (STEP, True, "Lax", "")
    assert victim.post(STEP, {"code": code_of(secret)}).status_code == 302


def test_a_used_or_late_step_leads_back_to_the_beginning(acme, owner):
    secret, _ = give_app(acme, owner)
    client = begin(acme)
    with tenant_schema(acme):
        PendingSignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    late = client.post(STEP, {"code": code_of(secret)})
    assert (late.status_code, "Please sign in again" in late.text) == (410, True)
    assert not is_in(client)
    assert browser(acme).get(STEP).status_code == 410


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", "/" + "a" * 2001]
)
def test_nobody_is_led_elsewhere_after_the_second_step(acme, owner, target):
    secret, _ = give_app(acme, owner)
    client = browser(acme)
    link = sign_in(client, OWNER)["Location"].partition("?")[0]
    client.get(link, {"next": target})
    assert client.post(STEP, {"code": code_of(secret)})["Location"] == "/"


def test_whoever_has_none_sets_an_app_up_where_it_is_required_and_is_shown_recovery_codes_once(acme, operator):
    require(acme, operator)
    client = begin(acme)
    page = client.get(STEP)
    assert "Set up a second factor" in page.text
    assert "<svg" in page.text
    secret, sealed = secret_in(page.text)
    wrong = client.post(STEP, {"code": "000000", "sealed": sealed})
    assert wrong.status_code == 422
    assert secret_in(wrong.text)[0] == secret
    assert not is_in(client)
    done = client.post(STEP, {"code": code_of(secret), "sealed": sealed})
    codes = re.findall(r'class="mono">([a-z0-9-]{19})<', done.text)
    assert len(codes) == 10
    assert codes[9] in unquote(html.unescape(re.search(r'href="data:([^"]+)"', done.text).group(1)))
    assert "no-store" in done["Cache-Control"]
    assert is_in(client)
    assert codes[0] not in client.get("/settings/profile/").text
    assert begin(acme).post(STEP, {"recovery": codes[0]}).status_code == 302


def test_whoever_has_none_may_set_a_passkey_up_instead(acme, operator):
    require(acme, operator)
    client, device = begin(acme, next="/settings/members/"), Device()
    page = client.get(STEP).text
    answer = device.register(options_in(page), origin=ORIGIN)
    nameless = client.post(STEP, {"answer": answer, "name": ""})
    assert (nameless.status_code, "Give it a name." in nameless.text) == (422, True)
    done = client.post(STEP, {"answer": answer, "name": "Laptop"})
    assert 'href="/settings/members/"' in done.text
    assert is_in(client)
    again = begin(acme)
    answer = device.sign(options_in(again.get(STEP).text), origin=ORIGIN)
    assert again.post(STEP, {"answer": answer}).status_code == 302


def test_whoever_knows_the_password_alone_adds_no_factor_beside_the_members(acme, owner, operator):
    require(acme, operator)
    thief = begin(acme)
    secret, sealed = secret_in(thief.get(STEP).text)
    give_passkey(acme, owner)
    page = thief.post(STEP, {"code": code_of(secret), "sealed": sealed})
    assert page.status_code == 422
    assert not is_in(thief)
    with tenant_schema(acme):
        assert not AuthenticatorApp.objects.exists()


def test_a_secret_of_one_sign_in_is_worth_nothing_in_another(acme, operator):
    require(acme, operator)
    thief, victim = begin(acme), begin(acme)
    secret, sealed = secret_in(thief.get(STEP).text)
    assert victim.post(STEP, {"code": code_of(secret), "sealed": sealed}).status_code == 422


def test_where_it_is_off_nobody_is_asked(acme, owner, operator):
    give_app(acme, owner)
    require(acme, operator, "off")
    assert sign_in(browser(acme), OWNER)["Location"] == "/settings/"


def test_a_reset_password_alone_does_not_let_in(acme, owner):
    from tests.tenants.portal.test_people import mail_reset, mailed_path

    secret, _ = give_app(acme, owner)
    mail_reset(str(acme.pk), OWNER, "")
    client = browser(acme)
    answer = client.post(mailed_path(), {"password": "quite another phrase"})
    assert answer["Location"].startswith(STEP)
    assert not is_in(client)
    client.get(answer["Location"])
    assert client.post(STEP, {"code": code_of(secret)})["Location"] == "/"
    assert is_in(client)


def test_a_form_without_its_token_is_refused_at_the_second_step(acme, owner):
    give_app(acme, owner)
    link = sign_in(browser(acme), OWNER)["Location"]
    client = browser(acme, enforce_csrf_checks=True)
    client.get(link)
    assert client.post(STEP, {"code": "000000"}).status_code == 403


def test_the_profile_sets_up_names_and_removes(acme, owner_of_acme):
    page = owner_of_acme.get("/settings/profile/second-factor/app/").text
    secret, sealed = secret_in(page)
    done = owner_of_acme.post("/settings/profile/second-factor/app/", {"code": code_of(secret), "sealed": sealed})
    assert "Your authenticator app is set up." in done.text
    assert len(re.findall(r'class="mono">[a-z0-9-]{19}<', done.text)) == 10
    device, add = Device(), "/settings/profile/second-factor/passkeys/"
    answer = device.register(options_in(owner_of_acme.get(add).text), origin=ORIGIN)
    added = owner_of_acme.post(add, {"answer": answer, "name": "Laptop <b>"}, follow=True)
    assert "Laptop &lt;b&gt;" in added.text
    assert "10 of 10 left" in added.text
    passkey = re.search(r"/settings/profile/second-factor/passkeys/[0-9a-f-]{36}/", added.text).group()
    assert "Desk" in owner_of_acme.post(passkey, {"name": "Desk"}, follow=True).text
    assert "Desk" not in owner_of_acme.post(f"{passkey}remove/", follow=True).text.replace("Desktop", "")
    fresh = owner_of_acme.post("/settings/profile/second-factor/recovery-codes/")
    assert "those from before no longer work" in fresh.text
    off = owner_of_acme.post("/settings/profile/second-factor/app/remove/", follow=True).text
    assert "of 10 left" not in off


def test_what_is_at_stake_takes_a_fresh_proof(acme, owner, owner_of_acme):
    secret, _ = give_app(acme, owner)
    device = give_passkey(acme, owner)
    confirm = "/settings/profile/confirm/"

    def forget_proof():
        with tenant_schema(acme):
            SignIn.objects.update(proved_at=timezone.now() - timedelta(minutes=16))

    def asked() -> bool:
        answer = owner_of_acme.get("/settings/profile/second-factor/passkeys/")
        return answer.status_code == 302 and answer["Location"].startswith(confirm)

    forget_proof()
    assert asked()
    for command in ("app/remove/", "recovery-codes/"):
        answer = owner_of_acme.post(f"/settings/profile/second-factor/{command}")
        assert answer["Location"].startswith(f"{confirm}?next=%2Fsettings%2Fprofile%2F")
    for wrong in ({"password": "wrong"}, {"code": "000000"}, {"answer": "{}"}, {"password": ""}):
        assert owner_of_acme.post(confirm, wrong).status_code == 422
    assert asked()
    answer = device.sign(options_in(owner_of_acme.get(confirm).text), origin=ORIGIN)
    for right in ({"password": "correct horse battery"}, {"code": code_of(secret)}, {"answer": answer}):
        forget_proof()
        assert owner_of_acme.post(confirm, right)["Location"] == "/settings/"
        assert not asked()


def test_an_administrator_resets_what_a_member_lost(acme, member, owner_of_acme):
    ann = member(acme, role="member")
    give_app(acme, ann)
    page = owner_of_acme.get("/settings/members/").text
    assert page.count("Reset the second factor</button>") == 1
    done = owner_of_acme.post(f"/settings/members/{ann.pk}/second-factor/reset/", follow=True)
    assert "The second factor is reset" in done.text
    assert "Reset the second factor</button>" not in done.text


def test_an_admin_does_not_reset_an_owner(acme, owner, member):
    give_app(acme, owner)
    member(acme, role="admin")
    admin = browser(acme)
    sign_in(admin, "ann@example.com")
    refused = admin.post(f"/settings/members/{owner.pk}/second-factor/reset/", follow=True)
    assert "Only owners may" in refused.text
    with tenant_schema(acme):
        assert AuthenticatorApp.objects.exists()
