"""The settings behind a proxy that names people: signed in by its headers, and never left as somebody else."""

from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client

from tenants.contract.trusted_headers import SECRET_HEADER
from tenants.identity.proxies.requests import sent_headers
from tenants.identity.proxies.secrets import make_proxy_secret
from tenants.registry.models import AuditEntry
from tenants.workspace.services.access import update_access
from tests.tenants.identity.people import offer_provider
from tests.tenants.portal.conftest import browser, sign_in

OWNER = "owner@acme.example"
SIGN_IN, BY_PROXY = "/settings/sign-in/", "/settings/sign-in/by-proxy/"


@pytest.fixture
def proxied(operator):
    """Return a function that has a tenant's people named by a proxy, and returns its secret."""

    def offer(tenant) -> str:
        offer_provider(tenant, operator, "proxy", settings={"email_header": "X-Email"})
        update_access(tenant.pk, mode="members", actor=operator)
        return make_proxy_secret(tenant.pk, "proxy", actor=operator)

    return offer


def through(secret: str, email: str) -> dict[str, str]:
    """What a proxy adds to each request."""
    return {SECRET_HEADER: secret, "X-Email": email}


def reads_profile(client: Client, **headers) -> bool:
    return client.get("/settings/profile/", **headers).status_code == 200


def test_one_continues_as_whom_the_proxy_names_and_stays_signed_out_after_signing_out(acme, proxied):
    sent = through(proxied(acme), "owner@acme.example")
    client = browser(acme)
    assert "Continue as owner@acme.example" in client.get(SIGN_IN, headers=sent).text
    assert "Continue as" not in client.get(SIGN_IN, headers={"X-Email": "owner@acme.example"}).text
    done = client.post(BY_PROXY, {"next": "/settings/members/"}, headers=sent)
    assert (done.status_code, done["Location"]) == (302, "/settings/members/")
    assert client.get("/settings/members/", headers=sent).status_code == 200
    client.post("/settings/sign-out/", headers=sent)
    assert not reads_profile(client, headers=sent)


def test_without_the_secret_of_this_tenants_proxy_nobody_is_signed_in(acme, globex, proxied):
    proxied(acme)
    foreign = proxied(globex)
    for sent in (through("wrong", OWNER), through(foreign, OWNER), {"X-Email": OWNER}):
        client = browser(acme)
        refused = client.post(BY_PROXY, headers=sent)
        assert (refused.status_code, "not signed in" in refused.text) == (401, True)
        assert not reads_profile(client)
    told = AuditEntry.objects.filter(tenant_id=acme.pk, action="sign_in.refuse")
    assert [entry.changes["reason"] for entry in told] == ["proxy_refused"] * 2


def test_who_came_by_the_proxy_is_out_as_soon_as_it_names_somebody_else(acme, proxied):
    secret = proxied(acme)
    client = browser(acme)
    client.post(BY_PROXY, headers=through(secret, "owner@acme.example"))
    assert reads_profile(client, headers=through(secret, "Owner@Acme.example"))
    assert not reads_profile(client, headers=through(secret, "ann@acme.example"))
    client.post(BY_PROXY, headers=through(secret, "ann@acme.example"))
    page = client.get("/settings/profile/", headers=through(secret, "ann@acme.example")).text
    assert "ann@acme.example" in page
    assert "owner@acme.example" not in page


def test_who_came_by_a_password_stays_whoever_the_proxy_names(acme, proxied):
    secret = proxied(acme)
    client = browser(acme)
    sign_in(client, "owner@acme.example")
    assert reads_profile(client, headers=through(secret, "ann@acme.example"))


def test_a_form_from_elsewhere_signs_nobody_in(acme, proxied):
    secret = proxied(acme)
    client = browser(acme, enforce_csrf_checks=True)
    assert client.post(BY_PROXY, headers=through(secret, "owner@acme.example")).status_code == 403
    assert not reads_profile(client)


def test_headers_are_seen_as_they_were_sent_and_not_as_django_joins_them():
    sent = [(b"X-Email", b"ann@acme.example"), (b"x-email", b"eve@evil.example"), (b"x_email", b"mallory@evil.example")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": sent, "query_string": b""}
    request = ASGIRequest(scope, BytesIO())
    assert sent_headers(request) == [(name.lower(), value) for name, value in sent]
