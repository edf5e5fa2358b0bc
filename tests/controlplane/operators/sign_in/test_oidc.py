"""Operators at the platform's identity provider: who they are, what they may, and what is not believed."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import User

from controlplane.operators.models import ExternalOperator
from tenants.identity.oidc.documents import documents
from tenants.identity.oidc.state import set_out
from tenants.registry.models import AuditEntry
from tests.controlplane.operators.sign_in.browsers import Browser
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, running_provider

BEGIN, CALLBACK = "/admin/login/oidc/", "/admin/login/oidc/callback/"
ANN = {"sub": "ann-1", "email": "Ann@Example.com", "email_verified": True, "name": "Ann Lee"}


@pytest.fixture
def provider(settings):
    """The operators' provider, with groups."""
    documents.clear()
    with running_provider() as running:
        settings.ENVIRONMENT = replace(
            settings.ENVIRONMENT,
            outbound_allowed_networks=("127.0.0.1/32",),
            operator_oidc_issuer=running.issuer,
            operator_oidc_client_id=CLIENT_ID,
            operator_oidc_client_secret=CLIENT_SECRET,
            operator_oidc_label="the company",
            operator_oidc_staff_groups=("support",),
            operator_oidc_superuser_groups=("platform",),
        )
        yield running
    documents.clear()


def without_groups(settings):
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, operator_oidc_staff_groups=(), operator_oidc_superuser_groups=()
    )


def come_by(browser, provider, *, target="/admin/", **claims):
    """Go to the provider, say yes there, and come back."""
    answer = provider.authorize(browser.get(BEGIN, {"next": target})["Location"], **{**ANN, "groups": [], **claims})
    return browser.get(f"{CALLBACK}?{urlencode(answer)}")


def last_refusal():
    return AuditEntry.objects.filter(action="operator.refuse").latest("id")


def test_somebody_new_in_a_group_becomes_an_operator_and_is_the_same_one_next_time(browser, provider, db):
    assert "Sign in with the company" in browser.get("/admin/login/").content.decode()
    answer = come_by(browser, provider, target="/admin/registry/tenant/", groups=["support"])
    assert answer["Location"] == "/admin/registry/tenant/"
    operator = User.objects.get()
    assert (operator.username, operator.first_name, operator.last_name) == ("ann@example.com", "Ann", "Lee")
    assert (operator.is_staff, operator.is_superuser, operator.has_usable_password()) == (True, False, False)
    assert browser.get("/admin/").status_code == 200
    come_by(Browser(), provider, groups=["support"], email="ann.lee@elsewhere.example")
    assert User.objects.count() == 1
    entry = AuditEntry.objects.filter(action="operator.sign_in").latest("id")
    assert (entry.method, entry.address, entry.actor) == ("oidc", "203.0.113.7", "ann@example.com")


def test_the_address_that_is_asked_with_holds_pkce_nonce_and_state(browser, provider, db):
    sent = {name: values[0] for name, values in parse_qs(urlsplit(browser.get(BEGIN)["Location"]).query).items()}
    assert (sent["code_challenge_method"], sent["response_type"]) == ("S256", "code")
    assert sent["redirect_uri"] == f"http://localhost:8000{CALLBACK}"
    assert sent["nonce"]
    assert sent["state"]
    assert CLIENT_SECRET not in str(sent)


def test_an_operator_is_linked_by_an_address_that_the_provider_calls_verified(browser, provider, ann, settings):
    without_groups(settings)
    for unproved in (False, None):
        come_by(browser, provider, email_verified=unproved)
        assert not browser.is_in()
        assert last_refusal().changes == {"reason": "email not verified"}
    come_by(browser, provider)
    assert browser.is_in()
    assert ExternalOperator.objects.get().operator == ann


@pytest.mark.parametrize("why", ["groups", "unknown", "inactive", "email of several", "no staff", "username taken"])
def test_whoever_is_no_operator_is_refused_and_written_down(browser, provider, ann, settings, why):
    claims = {"groups": ["support"]}
    match why:
        case "groups":
            claims = {"groups": ["sales"]}
        case "unknown":
            without_groups(settings)
            claims = {"email": "bob@example.com"}
        case "inactive":
            User.objects.update(is_active=False)
        case "email of several":
            User.objects.create_superuser("ann2", "ann@example.com", "x")
        case "no staff":
            without_groups(settings)
            User.objects.update(is_staff=False)
        case "username taken":
            User.objects.update(email="other@example.com")
    before = User.objects.count()
    page = browser.get(come_by(browser, provider, **claims)["Location"]).content.decode()
    assert "you are no operator here" in page
    assert not browser.is_in()
    assert (last_refusal().changes, last_refusal().method) == ({"reason": why}, "oidc")
    assert User.objects.count() == before


def test_groups_decide_who_is_a_superuser_at_each_sign_in_but_never_leave_none(browser, provider, ann):
    come_by(browser, provider, groups=["support"])
    ann.refresh_from_db()
    assert ann.is_superuser  # nobody else is
    User.objects.create_superuser("root", "root@example.com", "x")
    come_by(Browser(), provider, groups=["support"])
    ann.refresh_from_db()
    assert not ann.is_superuser
    assert AuditEntry.objects.get(action="operator.update").changes == {"is_superuser": [True, False]}
    come_by(Browser(), provider, groups=["platform"])
    ann.refresh_from_db()
    assert ann.is_superuser


@pytest.mark.usefixtures("required", "ann")
def test_the_second_factor_is_asked_for_unless_the_provider_did(browser, provider, ben, settings):
    assert come_by(browser, provider, groups=["support"])["Location"] == "/admin/login/set-up/"
    assert not browser.is_in()
    ben_there = {"sub": "ben-1", "email": "ben@example.com", "groups": ["support"]}
    second = Browser()
    assert come_by(second, provider, **ben_there)["Location"] == "/admin/login/second-factor/"
    second.post("/admin/login/second-factor/", {"code": ben.app.code()})
    assert second.is_in()
    third = Browser()
    assert come_by(third, provider, **ben_there, amr=["pwd", "mfa"])["Location"] == "/admin/"
    assert third.is_in()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, operator_oidc_asks_second_factor=True)
    fourth = Browser()
    come_by(fourth, provider, groups=["support"])
    assert fourth.is_in()


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(browser, provider, ann):
    answer = provider.authorize(browser.get(BEGIN)["Location"], **ANN, groups=["support"])
    thief = Browser()
    thief.get(BEGIN)
    thief.get(f"{CALLBACK}?{urlencode(answer)}")
    assert not thief.is_in()
    browser.get(f"{CALLBACK}?{urlencode(answer)}")
    assert browser.is_in()
    browser.post("/admin/logout/")
    browser.get(f"{CALLBACK}?{urlencode(answer)}")
    assert not browser.is_in()


@pytest.mark.parametrize("wrong", [{"aud": "another"}, {"iss": "https://evil.example"}, {"nonce": "x"}, {"exp": 1}])
def test_a_token_of_somebody_else_is_not_believed(browser, provider, ann, wrong):
    come_by(browser, provider, groups=["support"], **wrong)
    assert not browser.is_in()
    assert not ExternalOperator.objects.exists()


def test_a_state_of_a_tenant_is_none_of_the_operators(browser, provider, ann, acme):
    browser.get(BEGIN)
    sealed = set_out(str(acme.pk), "company", host="localhost", redirect_uri="http://localhost/x", next_path="/")
    session = browser.session
    session["operator_oidc"] = sealed.cookie
    session.save()
    page = browser.get(f"{CALLBACK}?{urlencode({'state': sealed.state, 'code': 'x'})}", follow=True)
    assert "began in another browser" in page.content.decode()


def test_the_session_has_another_key_and_nobody_is_led_elsewhere(browser, provider, ann):
    browser.get("/admin/login/")
    session = browser.session
    session["planted"] = "by an attacker"
    session.save()
    planted = browser.key()
    begun = browser.get(BEGIN, {"next": "https://evil.example/"})["Location"]
    on_the_way = browser.key()
    answer = provider.authorize(begun, **ANN, groups=["support"])
    assert browser.get(f"{CALLBACK}?{urlencode(answer)}")["Location"] == "/admin/"
    assert len({planted, on_the_way, browser.key()}) == 3
    assert "planted" not in browser.session


def test_a_provider_that_says_no_or_is_away_leads_back_to_the_sign_in(browser, provider, ann):
    begun = parse_qs(urlsplit(browser.get(BEGIN)["Location"]).query)
    page = browser.get(f"{CALLBACK}?{urlencode({'state': begun['state'][0], 'error': 'access_denied'})}", follow=True)
    assert "did not sign you in" in page.content.decode()
    provider.replies["/.well-known/openid-configuration"] = lambda: (503, {}, b"")
    documents.clear()
    assert "does not answer just now" in browser.get(BEGIN, follow=True).content.decode()


def test_without_a_provider_there_is_no_such_way(browser, ann):
    assert browser.get(BEGIN).status_code == 404
    assert browser.get(CALLBACK).status_code == 404
    assert "Sign in with" not in browser.get("/admin/login/").content.decode()


def test_an_operator_without_a_password_proves_who_they_are_by_signing_in_anew(browser, provider, db):
    come_by(browser, provider, groups=["support"])
    session = browser.session
    session["operator_confirmed_at"] = 0
    session.save()
    assert "You have no password here." in browser.get("/admin/security/add/", follow=True).content.decode()
