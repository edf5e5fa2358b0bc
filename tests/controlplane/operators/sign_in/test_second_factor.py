"""Where operators need a second factor, nothing answers before it, and each proof is good for once."""

import json

import pytest
from django.test import Client

from controlplane.operators.models import RecoveryCode
from tenants.registry.models import AuditEntry
from tests.controlplane.operators.sign_in.browsers import App, Browser
from tests.tenants.identity.factors.device import Device

pytestmark = pytest.mark.usefixtures("required")
FACTOR, SET_UP = "/admin/login/second-factor/", "/admin/login/set-up/"


def actions():
    found = AuditEntry.objects.filter(action__startswith="operator.")
    return list(found.order_by("id").values_list("action", flat=True))


def pages(tenant):
    yield from ("/admin/", "/admin/outbox/", "/admin/security/", "/admin/security/add/", "/admin/auth/user/")
    yield from (f"/admin/registry/tenant/{tenant.pk}/{tab}/" for tab in ("change", "environment", "members"))
    yield from ("/admin/jsi18n/", "/admin/search/", "/admin/autocomplete/", "/admin/registry/tenant/storage/")


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_nothing_answers_before_the_second_factor(request, browser, acme, who):
    operator = request.getfixturevalue(who)
    assert browser.log_in(operator)["Location"] == (SET_UP if who == "ann" else FACTOR)
    for path in pages(acme):
        for headers in ({}, {"accept": "application/json"}):
            for answer in (browser.get(path, headers=headers), browser.post(path, {"command": "x"}, headers=headers)):
                assert answer.status_code == 302
                assert answer["Location"].startswith("/admin/login/?next=")


def test_whoever_has_none_sets_an_app_up_and_keeps_recovery_codes(browser, ann):
    browser.log_in(ann, next="/admin/registry/tenant/")
    secret = browser.shown_secret()
    assert "code was not accepted" in browser.post(SET_UP, {"code": "000000"}).content.decode()
    assert browser.shown_secret() == secret
    page = browser.post(SET_UP, {"code": App(secret).code()}).content.decode()
    assert page.count("<li><code>") == 10
    assert 'href="/admin/registry/tenant/"' in page
    assert browser.is_in()
    assert actions() == ["operator.add_authenticator_app", "operator.renew_recovery_codes", "operator.sign_in"]
    assert secret not in AuditEntry.objects.values_list("changes", flat=True).__repr__()


def test_the_code_of_an_app_signs_in_once(browser, ben):
    browser.log_in(ben)
    code = ben.app.code()
    assert browser.post(FACTOR, {"code": code})["Location"] == "/admin/"
    assert browser.is_in()
    thief = Browser()
    thief.log_in(ben)
    assert "code was not accepted" in thief.post(FACTOR, {"code": code}).content.decode()
    assert not thief.is_in()
    entry = AuditEntry.objects.get(action="operator.sign_in")
    assert (entry.method, entry.address, entry.actor) == ("password, code", "203.0.113.7", "ben@example.com")
    refusal = AuditEntry.objects.get(action="operator.refuse")
    assert (refusal.method, refusal.target) == ("code", "ben@example.com")


def test_a_recovery_code_signs_in_once_and_only_its_owner(browser, ann, ben):
    browser.log_in(ann)
    page = browser.post(SET_UP, {"code": App(browser.shown_secret()).code()}).content.decode()
    code = page.partition("<li><code>")[2].partition("<")[0]
    other = Browser()
    other.log_in(ben)
    other.post(FACTOR, {"code": code})
    assert not other.is_in()
    second = Browser()
    second.log_in(ann)
    second.post(FACTOR, {"code": code.upper().replace("-", " ")})
    assert second.is_in()
    third = Browser()
    third.log_in(ann)
    third.post(FACTOR, {"code": code})
    assert not third.is_in()
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def passkey_options(browser, page):
    return browser.get(page).context["options"]


def test_a_passkey_is_set_up_and_signs_in_and_no_answer_is_taken_twice(browser, ann):
    device = Device()
    browser.log_in(ann)
    answer = device.register(passkey_options(browser, SET_UP), origin="http://localhost")
    assert b"<li><code>" in browser.post(SET_UP, {"answer": answer, "name": "Work laptop"}).content
    second = Browser()
    second.log_in(ann)
    answer = device.sign(passkey_options(second, FACTOR), origin="http://localhost")
    assert second.post(FACTOR, {"answer": answer})["Location"] == "/admin/"
    assert second.is_in()
    third = Browser()
    third.log_in(ann)
    passkey_options(third, FACTOR)
    assert "passkey was not accepted" in third.post(FACTOR, {"answer": answer}).content.decode()
    assert not third.is_in()


def test_a_passkey_of_another_operator_or_origin_is_refused(browser, ann, ben):
    device = Device()
    browser.log_in(ann)
    browser.post(SET_UP, {"answer": device.register(passkey_options(browser, SET_UP), origin="http://localhost")})
    for operator, origin in ((ben, "http://localhost"), (ann, "http://acme.localhost")):
        thief = Browser()
        thief.log_in(operator)
        options = passkey_options(thief, FACTOR) or json.dumps({"rpId": "localhost", "challenge": "AAAA"})
        thief.post(FACTOR, {"answer": device.sign(options, origin=origin)})
        assert not thief.is_in()


def test_each_step_has_a_session_of_another_key(browser, ben):
    browser.get("/admin/login/")
    session = browser.session
    session["planted"] = "by an attacker"
    session.save()
    planted = browser.key()
    browser.log_in(ben)
    begun = browser.key()
    browser.post(FACTOR, {"code": ben.app.code()})
    assert len({planted, begun, browser.key()}) == 3
    assert "planted" not in browser.session
    for old in (planted, begun):
        other = Browser()
        other.cookies["sessionid"] = old
        assert not other.is_in()
        assert other.get(FACTOR)["Location"] == "/admin/login/"


def test_wrong_codes_make_the_factor_rest_for_the_right_one_too(browser, ben):
    browser.log_in(ben)
    for _ in range(5):
        browser.post(FACTOR, {"code": "000000"})
    other = Browser("198.51.100.1")
    other.log_in(ben)
    assert "too many attempts" in other.post(FACTOR, {"code": ben.app.code()}).content.decode()
    assert not other.is_in()
    assert actions().count("operator.refuse") == 5
    assert actions().count("operator.lock") == 1


@pytest.mark.parametrize("change", ["password", "inactive", "no staff", "time"])
def test_what_was_begun_ends_with_the_account_and_with_time(browser, ben, monkeypatch, change):
    browser.log_in(ben)
    if change == "password":
        ben.set_password("another passphrase")
    ben.is_active = change != "inactive"
    ben.is_staff = change != "no staff"
    ben.save()
    if change == "time":
        later = __import__("time").time() + 601
        monkeypatch.setattr("controlplane.operators.sign_in.sessions.time.time", lambda: later)
    assert browser.post(FACTOR, {"code": ben.app.code()})["Location"] == "/admin/login/"
    assert not browser.is_in()


def test_a_session_from_before_is_nobodys_once_a_factor_is_required_or_there(acme, ann, ben, settings):
    client = Client(headers={"host": "localhost"})
    client.force_login(ann)
    for path in pages(acme):
        assert client.get(path).status_code == 302
    settings.OPERATOR_SECOND_FACTOR = "optional"
    assert client.get("/admin/").status_code == 200
    client.force_login(ben)
    assert client.get("/admin/").status_code == 302
