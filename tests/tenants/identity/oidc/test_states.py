"""What a browser takes to a provider and brings back: worth something once, there, and for a while."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from tenants.identity.models import SpentState
from tenants.identity.oidc import state as oidc_state
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.oidc.journeys import STATE, begin, come_back, error_of, sign_ins
from tests.tenants.portal.conftest import browser


def test_an_answer_works_once_in_one_browser_at_one_tenant_for_a_while(acme, globex, provider, offer, monkeypatch):
    for tenant in (acme, globex):
        offer(tenant, provider)
    client, other, elsewhere = browser(acme), browser(acme), browser(globex)
    answer = provider.authorize(begin(client))
    begin(other)
    begin(elsewhere)
    # Another browser, another tenant, also with the first one's cookies.
    assert error_of(come_back(other, answer)) == STATE
    for name, cookie in client.cookies.items():
        elsewhere.cookies[name] = cookie.value
    assert error_of(come_back(elsewhere, answer)) == STATE
    late = browser(acme)
    late_answer = provider.authorize(begin(late))
    with monkeypatch.context() as later:
        later.setattr(oidc_state.time, "time", lambda now=time.time: now() + oidc_state.LIFETIME_SECONDS + 1)
        assert error_of(come_back(late, late_answer)) == STATE
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    assert come_back(client, answer)["Location"] == "/"
    # The same browser with everything it had: the code was spent at the provider, the state here.
    for name, value in cookies.items():
        client.cookies[name] = value
    assert error_of(come_back(client, answer)) == STATE
    assert (sign_ins(acme), sign_ins(globex)) == (1, 0)


def test_a_state_of_one_provider_is_worth_nothing_with_the_cookie_of_anothers(acme, provider, offer):
    offer(acme, provider)
    offer(acme, provider, "partner")
    client = browser(acme)
    answer = provider.authorize(begin(client))
    own = {name for name in client.cookies if name.startswith("sign_in_")}
    begin(client, "/settings/sign-in/with/partner/")
    (partners,) = {name for name in client.cookies if name.startswith("sign_in_")} - own
    client.cookies[own.pop()] = client.cookies[partners].value
    assert error_of(come_back(client, answer)) == STATE


@pytest.mark.parametrize("state", ["", "x", "é", "a" * 7000, "gAAAAABm"])
def test_a_state_of_anybodys_making_leads_back_to_the_sign_in(acme, state):
    assert error_of(come_back(browser(acme), {"code": "1", "state": state})) == STATE
    with tenant_schema(acme):
        assert not SpentState.objects.exists()


def test_the_secrets_of_a_journey_are_neither_in_the_address_nor_readable_in_the_cookie(acme, provider, offer):
    offer(acme, provider)
    client = browser(acme)
    url = begin(client)
    (cookie,) = [cookie for name, cookie in client.cookies.items() if name.startswith("sign_in_")]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/settings/sign-in/", "Lax", "")
    come_back(client, provider.authorize(url))
    (form,) = [form for path, _, form in provider.asked if path == "/token"]
    for text in (url, cookie.value):
        assert form["code_verifier"] not in text
    assert dict(parse_qsl(urlsplit(url).query))["nonce"] not in cookie.value
