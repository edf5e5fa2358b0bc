"""The whole way to a provider and back, as browsers go it: who gets in, and where they go on."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tenants.identity.models import SignIn
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import update_access
from tests.tenants.identity.oidc.journeys import (
    CALLBACK,
    WITH,
    begin,
    come_back,
    come_in,
    error_of,
    is_signed_in,
    sign_ins,
)
from tests.tenants.identity.oidc.provider import CLIENT_ID
from tests.tenants.portal.conftest import browser, sign_in


def test_the_browser_is_sent_with_a_challenge_a_nonce_and_a_state_and_comes_back_signed_in(
    acme, globex, provider, offer
):
    offer(acme, provider)
    client = browser(acme)
    url = begin(client, next="/settings/profile/")
    sent = dict(parse_qsl(urlsplit(url).query))
    assert (sent["client_id"], sent["response_type"], sent["scope"]) == (CLIENT_ID, "code", "openid email profile")
    assert sent["redirect_uri"] == f"http://acme.localhost:8000{CALLBACK}"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["nonce"]) >= 32
    response = come_back(client, provider.authorize(url))
    assert (response.status_code, response["Location"]) == (302, "/settings/profile/")
    assert is_signed_in(client)
    assert sign_ins(globex) == 0
    entry = AuditEntry.objects.get(action="sign_in.begin")
    assert (entry.tenant_id, entry.target, entry.method) == (acme.pk, "ann@acme.example", "company")


def test_who_says_no_at_the_provider_comes_back_to_the_page_they_came_from(acme, provider, offer):
    offer(acme, provider)
    for target, page in (("/", "/login?error="), ("/settings/branding/", "/settings/sign-in/?error=")):
        client = browser(acme)
        state = dict(parse_qsl(urlsplit(begin(client, next=target)).query))["state"]
        response = come_back(client, {"state": state, "error": "access_denied"})
        assert response["Location"].startswith(f"{page}sign_in_declined")
    # Also where the provider does not say whose answer it is.
    assert error_of(come_back(browser(acme), {"error": "access_denied"})) == "sign_in_declined"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "///evil.example",
        "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "/ok\r\nSet-Cookie: a=b", "http:evil.example",
        " //evil.example", "/\x00/evil.example", "\x09//evil.example", "evil.example", "/\u2028/x", "",
    ],
)  # fmt: skip
def test_after_the_sign_in_nobody_is_led_to_another_site(acme, provider, offer, target):
    offer(acme, provider)
    client = browser(acme)
    assert come_back(client, provider.authorize(begin(client, next=target)))["Location"] == "/"


@pytest.mark.parametrize("target", ["/", "/thread/1?x=%2F%2Fevil", "/%2F%2Fevil.example", "/settings/access/"])
def test_paths_of_chat_and_settings_are_gone_back_to(acme, provider, offer, target):
    offer(acme, provider)
    client = browser(acme)
    assert come_back(client, provider.authorize(begin(client, next=target)))["Location"] == target


def test_an_earlier_sign_in_of_the_browser_is_closed(acme, provider, offer):
    offer(acme, provider)
    client = browser(acme)
    sign_in(client, "owner@acme.example")
    before = client.cookies["access_token"].value
    come_in(client, provider)
    with tenant_schema(acme):
        rows = {row.member.email: row.ended_at for row in SignIn.objects.select_related("member")}
    assert rows["owner@acme.example"] is not None
    assert rows["ann@acme.example"] is None
    stolen = browser(acme)
    stolen.cookies["access_token"] = before
    assert not is_signed_in(stolen)


def test_only_what_the_policy_offers_begins(acme, globex, provider, offer, operator):
    offer(acme, provider)
    assert browser(globex).get(WITH).status_code == 404
    assert browser(acme).get("/settings/sign-in/with/password/").status_code == 404
    client = browser(acme)
    answer = provider.authorize(begin(client))
    update_access(acme.pk, methods=["password"], actor=operator)
    assert browser(acme).get(WITH).status_code == 404
    assert error_of(come_back(client, answer)) == "sign_in_not_allowed"


def test_addresses_count_as_verified_without_the_providers_word_only_where_it_is_trusted_with_their_domains(
    acme, provider, offer
):
    offer(acme, provider, settings={"trusts_email": True}, email_domains=["acme.example"])
    silent = {"email_verified": None}
    assert (
        error_of(come_in(browser(acme), provider, sub="1", email="eve@elsewhere.example", **silent))
        == "email_unverified"
    )
    assert error_of(come_in(browser(acme), provider, sub="2", email_verified=False)) == "email_unverified"
    assert come_in(browser(acme), provider, sub="3", email="owner@acme.example", **silent)["Location"] == "/"
