"""An operator's own page: factors and sessions, changed only by whoever proves who they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from controlplane.operators.models import AuthenticatorApp, OpenSession, RegisteredPasskey
from controlplane.operators.sign_in.policy import check_second_factor_setting
from tenants.registry.models import AuditEntry
from tests.conftest import PASSWORD
from tests.controlplane.operators.sign_in.browsers import App, Browser
from tests.tenants.identity.factors.device import Device

SECURITY, ADD, CONFIRM = "/admin/security/", "/admin/security/add/", "/admin/security/confirm/"
CHECKOUT = Path(__file__).resolve().parents[4]


def forget_the_proof(browser):
    """Let the sign-in be some time ago."""
    session = browser.session
    session["operator_confirmed_at"] = 0
    session.save()


def test_factors_are_added_seen_and_removed(browser, ben, required):
    browser.enter(ben)
    answer = Device().register(browser.get(ADD).context["options"], origin="http://localhost")
    page = browser.post(ADD, {"answer": answer, "name": "Work laptop"}, follow=True).content.decode()
    assert "Work laptop" in page
    assert "Authenticator app" in page
    browser.post("/admin/security/app/remove/")
    assert not AuthenticatorApp.objects.exists()
    passkey = RegisteredPasskey.objects.get()
    page = browser.post(f"/admin/security/passkeys/{passkey.pk}/remove/", follow=True).content.decode()
    assert "your only second factor" in page
    assert RegisteredPasskey.objects.exists()


def test_the_last_factor_may_go_where_none_is_required(browser, ben):
    browser.enter(ben)
    browser.post("/admin/security/app/remove/")
    assert not AuthenticatorApp.objects.exists()


def test_nothing_is_changed_long_after_the_sign_in_without_a_new_proof(browser, ben):
    browser.enter(ben)
    forget_the_proof(browser)
    for path in (ADD, "/admin/security/app/remove/", "/admin/security/recovery-codes/"):
        assert browser.post(path)["Location"].startswith(CONFIRM)
    assert AuthenticatorApp.objects.exists()
    browser.post(CONFIRM, {"code": "000000"})
    assert browser.get(ADD)["Location"].startswith(CONFIRM)
    assert browser.post(CONFIRM, {"code": ben.app.code(), "next": ADD})["Location"] == ADD
    assert browser.get(ADD).status_code == 200


def test_whoever_has_no_factor_proves_it_by_password(browser, ann):
    browser.log_in(ann)
    forget_the_proof(browser)
    assert "do not belong together" in browser.post(CONFIRM, {"password": "a guess"}).content.decode()
    assert browser.post(CONFIRM, {"password": PASSWORD, "next": ADD})["Location"] == ADD
    page = browser.post(ADD, {"code": App(browser.shown_secret(ADD)).code()}).content.decode()
    assert page.count("<li><code>") == 10
    assert browser.is_in()


def test_nobody_removes_a_passkey_of_somebody_else(browser, ann, ben):
    browser.log_in(ann)
    browser.post(ADD, {"answer": Device().register(browser.get(ADD).context["options"], origin="http://localhost")})
    other = Browser()
    other.enter(ben)
    page = other.post(f"/admin/security/passkeys/{RegisteredPasskey.objects.get().pk}/remove/", follow=True)
    assert "There is no such passkey." in page.content.decode()
    assert RegisteredPasskey.objects.exists()


def test_sessions_are_listed_and_ended_by_their_operator_alone(browser, ann, ben):
    browser.log_in(ann)
    second, third, stranger = Browser("198.51.100.2"), Browser("198.51.100.3"), Browser()
    second.log_in(ann)
    third.log_in(ann)
    stranger.enter(ben)
    page = browser.get(SECURITY).content.decode()
    assert "198.51.100.2" in page
    assert "198.51.100.3" in page
    opened = OpenSession.objects.get(address="198.51.100.2")
    stranger.post(f"/admin/security/sessions/{opened.id}/end/")
    assert second.is_in()
    browser.post(f"/admin/security/sessions/{opened.id}/end/")
    assert (second.is_in(), third.is_in(), browser.is_in()) == (False, True, True)
    browser.post("/admin/security/sessions/end/")
    assert (third.is_in(), browser.is_in(), stranger.is_in()) == (False, True, True)


def test_a_changed_password_keeps_this_session_listed_and_ends_the_others(browser, ann):
    browser.log_in(ann)
    other = Browser()
    other.log_in(ann)
    new = "a passphrase for later"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post("/admin/password_change/", form).status_code == 302
    assert browser.is_in()
    assert not other.is_in()
    assert OpenSession.objects.filter(pk=browser.key()).exists()


def test_a_reset_takes_all_factors_and_sessions_of_one_operator(browser, ann, ben, required, capsys):
    browser.enter(ben)
    call_command("reset_second_factor", "ben@example.com")
    assert not browser.is_in()
    assert Browser().log_in(ben)["Location"] == "/admin/login/set-up/"
    entry = AuditEntry.objects.get(action="operator.reset_second_factor")
    assert (entry.actor, entry.target) == ("system", "ben@example.com")
    with pytest.raises(CommandError, match="no operator"):
        call_command("reset_second_factor", "nobody@example.com")


@pytest.mark.parametrize(
    ("value", "production", "error"),
    [
        ("required", True, None), ("optional", False, None), ("required", False, None),
        ("optional", True, "operators.E002"), ("off", True, "operators.E001"), ("off", False, "operators.E001"),
    ],
)  # fmt: skip
def test_production_without_a_second_factor_is_refused(settings, value, production, error):
    settings.OPERATOR_SECOND_FACTOR, settings.IS_PRODUCTION = value, production
    assert [found.id for found in check_second_factor_setting(None)] == ([error] if error else [])


@pytest.mark.parametrize(("module", "value"), [("prod", "required"), ("dev", "optional")])
def test_production_asks_for_it_without_being_told(module, value):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": f"controlplane.settings.{module}"}
    told = "from django.conf import settings; print(settings.OPERATOR_SECOND_FACTOR)"
    asked = subprocess.run(
        [sys.executable, "-c", told], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == value
