"""The first factor: refused alike, bounded and written down."""

import pytest
from django.contrib.auth.models import User

from tenants.registry.models import AuditEntry
from tests.conftest import PASSWORD
from tests.controlplane.operators.sign_in.browsers import Browser

REFUSED = "That username and password do not belong together."


def entries():
    found = AuditEntry.objects.filter(action__startswith="operator.").order_by("id")
    return [(entry.action, entry.target, entry.address, entry.method) for entry in found]


def test_a_password_is_enough_where_none_needs_more_and_is_written_down(browser, ann):
    answer = browser.log_in(ann, next="/admin/registry/tenant/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/registry/tenant/")
    assert browser.is_in()
    assert entries() == [("operator.sign_in", "ann@example.com", "203.0.113.7", "password")]
    browser.post("/admin/logout/")
    assert not browser.is_in()
    assert entries()[-1][:3] == ("operator.sign_out", "ann@example.com", "203.0.113.7")


@pytest.mark.parametrize("who", ["unknown", "wrong password", "inactive", "no staff", "no password"])
def test_everyone_who_is_refused_is_told_the_same_and_written_down(browser, ann, who):
    if who == "inactive":
        User.objects.update(is_active=False)
    if who == "no staff":
        User.objects.update(is_staff=False)
    if who == "no password":
        ann.set_unusable_password()
        ann.save()
    if who == "unknown":
        ann.username = "nobody@example.com"
    answer = browser.log_in(ann, "a guess" if who == "wrong password" else PASSWORD)
    assert REFUSED in answer.content.decode()
    assert not browser.is_in()
    assert entries() == [("operator.refuse", ann.username, "203.0.113.7", "password")]


def test_an_account_rests_after_some_guesses_for_whoever_comes_and_the_log_says_so_once(browser, ann):
    for _ in range(8):
        browser.log_in(ann, "a guess")
    assert REFUSED in Browser("198.51.100.1").log_in(ann).content.decode()
    actions = [action for action, *_ in entries()]
    assert actions == ["operator.refuse"] * 5 + ["operator.lock"]


def test_a_network_address_rests_after_many_guesses_at_any_account(browser, ann):
    for number in range(30):
        browser.post("/admin/login/", {"username": f"guess-{number}", "password": "a guess"})
    answer = browser.log_in(ann)
    assert (answer.status_code, browser.is_in()) == (429, False)
    assert Browser("198.51.100.1").log_in(ann).status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/admin/", "/\\evil.example", "/admin/login/", "javascript:x", ""]
)
def test_nobody_is_led_to_another_site(browser, ann, target):
    assert browser.log_in(ann, next=target)["Location"] == "/admin/"


def test_whoever_changes_their_own_password_is_written_down_and_stays_signed_in(browser, ann):
    browser.log_in(ann)
    elsewhere = Browser("203.0.113.8")
    elsewhere.log_in(ann)
    change = "/admin/password_change/"
    assert 'name="old_password"' in browser.get(change).content.decode()
    new = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}
    assert browser.post(change, {"old_password": "a guess", **new}).status_code == 200
    assert entries()[-1][0] == "operator.sign_in"
    assert browser.post(change, {"old_password": PASSWORD, **new})["Location"] == "/admin/password_change/done/"
    assert entries()[-1] == ("operator.change_password", "ann@example.com", "203.0.113.7", "password")
    assert browser.is_in()
    assert not elsewhere.is_in()


def test_a_password_that_is_set_for_another_operator_is_written_down_with_both_names(browser, ann, ben):
    browser.log_in(ann)
    page, name = f"/admin/auth/user/{ben.pk}/password/", "quite another phrase"
    browser.get(page)
    sent = {"password1": name, "password2": "another", "usable_password": "true"}
    browser.post(page, sent)
    assert not AuditEntry.objects.filter(action="operator.set_password").exists()
    browser.post(page, {**sent, "password2": name})
    entry = AuditEntry.objects.get(action="operator.set_password")
    assert (entry.actor, entry.target, entry.address) == ("ann@example.com", "ben@example.com", "203.0.113.7")
    assert name not in str(entry.changes)
