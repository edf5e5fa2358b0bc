"""GitHub, which has no ID tokens: who somebody is, its API says to whoever holds the access token."""

import json

import pytest

from tenants.identity.oidc import github
from tenants.identity.providers.services import get_provider
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.oidc.journeys import begin, come_back, error_of
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET
from tests.tenants.identity.people import offer_provider
from tests.tenants.portal.conftest import browser

OCTOCAT = {"id": 583231, "login": "octocat", "name": None}
VERIFIED = {"email": "cat@acme.example", "primary": True, "verified": True}
OTHER = {"email": "owner@acme.example", "primary": False, "verified": True}


@pytest.fixture
def hub(acme, operator, provider, monkeypatch):
    """GitHub as a server on this machine answers for it, offered by acme."""
    monkeypatch.setattr(github, "AUTHORIZATION_ENDPOINT", f"{provider.issuer}/authorize")
    monkeypatch.setattr(github, "TOKEN_ENDPOINT", f"{provider.issuer}/token")
    monkeypatch.setattr(github, "API", provider.issuer)
    settings = {
        "protocol": "github",
        "issuer": "https://evil.example",
        "client_id": CLIENT_ID,
        "scopes": ["read:user", "user:email"],
    }
    offer_provider(acme, operator, kind="oidc", settings=settings, secret=CLIENT_SECRET)
    return provider


def come_in(client, hub, user=OCTOCAT, addresses=(OTHER, VERIFIED)):
    hub.replies["/user"] = lambda: (200, {}, json.dumps(user).encode())
    hub.replies["/user/emails"] = lambda: (200, {}, json.dumps(list(addresses)).encode())
    return come_back(client, hub.authorize(begin(client)))


def test_the_primary_verified_address_and_the_number_that_never_changes_say_who_somebody_is(acme, hub):
    assert come_in(browser(acme), hub)["Location"] == "/"
    renamed = {**OCTOCAT, "login": "another"}
    assert come_in(browser(acme), hub, renamed, [{**VERIFIED, "email": "new@acme.example"}])["Location"] == "/"
    with tenant_schema(acme):
        member = Member.objects.get(name="octocat")
        assert (member.email, member.role) == ("cat@acme.example", "member")
        assert not Member.objects.filter(email="new@acme.example").exists()
    tokens = [headers["authorization"] for path, headers, _ in hub.asked if path.startswith("/user")]
    assert set(tokens) == {"Bearer access-1"}


@pytest.mark.parametrize(
    ("user", "addresses", "code"),
    [
        (OCTOCAT, [{**VERIFIED, "verified": False}], "email_unverified"),
        (OCTOCAT, [{**VERIFIED, "primary": False}], "email_missing"),
        (OCTOCAT, [], "email_missing"),
        (OCTOCAT, ["cat@acme.example"], "email_missing"),
        ({"login": "octocat"}, [VERIFIED], "oidc_answer_refused"),
        ({"id": True}, [VERIFIED], "oidc_answer_refused"),
        ([], [VERIFIED], "oidc_answer_refused"),
    ],
)
def test_what_github_does_not_stand_for_signs_nobody_in(acme, hub, user, addresses, code):
    assert error_of(come_in(browser(acme), hub, user, addresses)) == code
    with tenant_schema(acme):
        assert Member.objects.count() == 1


def test_github_is_asked_at_its_own_addresses_whatever_a_form_says(acme, hub):
    with tenant_schema(acme):
        assert get_provider("company").settings["issuer"] == "https://github.com"
