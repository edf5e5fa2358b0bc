"""What providers answer when they are asked, the right thing or nonsense or nothing."""

import pytest

from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.oidc.journeys import REFUSED, WITH, begin, come_back, come_in, error_of, sign_ins
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.tenants.portal.conftest import browser


def test_a_provider_that_is_gone_slow_or_full_of_nonsense_says_so_and_nothing_more(acme, provider, offer):
    offer(acme, provider)
    garbage = [
        ("/token", lambda: (500, {}, b""), "provider_unavailable"),
        ("/token", lambda: (200, {}, b"<html>"), REFUSED),
        ("/token", lambda: (200, {}, b"[]"), REFUSED),
        ("/token", lambda: (200, {}, b'{"access_token": "x"}'), REFUSED),
        ("/token", lambda: (302, {"Location": "http://127.0.0.1:1/"}, b""), REFUSED),
        ("/token", lambda: (200, {}, b"x" * 600_000), "provider_unavailable"),
        ("/token", lambda: (400, {}, b'{"error": "invalid_grant"}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": 7}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": [{"kty": "RSA", "kid": "first"}]}'), REFUSED),
        ("/jwks", lambda: (200, {}, b"[" * 100_000), REFUSED),
    ]
    from tenants.identity.oidc.documents import documents

    for path, reply, code in garbage:
        documents.clear()
        client = browser(acme)
        answer = provider.authorize(begin(client))
        provider.replies = {path: reply}
        assert error_of(come_back(client, answer)) == code, (path, reply())
        provider.replies = {}
    assert sign_ins(acme) == 0


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({"issuer": "https://evil.example"}, REFUSED),
        ({"issuer": None}, REFUSED),
        ({"authorization_endpoint": "javascript:alert(1)"}, REFUSED),
        ({"token_endpoint": "http://169.254.169.254:8080/latest"}, ""),
        ({"jwks_uri": "file:///etc/passwd"}, REFUSED),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, REFUSED),
    ],
)
def test_a_configuration_that_leads_astray_is_not_followed(acme, provider, offer, configuration, code):
    offer(acme, provider)
    provider.configuration = configuration
    client = browser(acme)
    response = client.get(WITH)
    if code:
        assert error_of(response) == code
        return
    # Where a name leads is known when it is asked.
    assert error_of(come_back(client, provider.authorize(response["Location"]))) == REFUSED


def test_a_provider_that_does_not_answer_keeps_nobody_waiting_twice(acme, provider, offer):
    with running_provider() as gone:
        offer(acme, gone)
    client = browser(acme)
    for _ in range(2):
        assert error_of(client.get(WITH, {"next": "/settings/"})) == "provider_unavailable"
    page = client.get("/settings/sign-in/?error=provider_unavailable").content.decode()
    assert "does not answer just now" in page


def test_the_answer_must_come_from_the_provider_that_was_asked(acme, provider, offer):
    offer(acme, provider)
    provider.configuration = {"authorization_response_iss_parameter_supported": True}
    for issuer, code in (({}, REFUSED), ({"iss": "https://evil.example"}, REFUSED), ({"iss": provider.issuer}, "")):
        client = browser(acme)
        assert error_of(come_back(client, {**provider.authorize(begin(client)), **issuer})) == code


def test_the_secret_is_sent_as_the_provider_wants_it(acme, provider, offer):
    offer(acme, provider, settings={"token_authentication": "client_secret_post"})
    client = browser(acme)
    come_in(client, provider)
    (sent,) = [(headers, form) for path, headers, form in provider.asked if path == "/token"]
    assert "authorization" not in sent[0]
    assert (sent[1]["client_id"], sent[1]["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)


def test_what_the_token_does_not_say_the_userinfo_endpoint_does_about_the_same_person(acme, provider, offer):
    offer(
        acme,
        provider,
        settings={"groups_claim": "realm_access.roles"},
        role_rules=[{"group": "chiefs", "role": "admin"}],
    )
    silent = {"email": None, "email_verified": None, "name": None}
    provider.userinfo = {"sub": "somebody else", "email": "ann@acme.example", "email_verified": True}
    assert error_of(come_in(browser(acme), provider, **silent)) == REFUSED
    provider.userinfo |= {"sub": "ann-1", "realm_access": {"roles": ["chiefs"]}}
    assert come_in(browser(acme), provider, **silent)["Location"] == "/"
    (asked, *_) = [headers for path, headers, _ in provider.asked if path == "/userinfo"]
    assert asked["authorization"] == "Bearer access-1"
    with tenant_schema(acme):
        assert Member.objects.get(email="ann@acme.example").role == "admin"
