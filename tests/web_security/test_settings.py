"""The settings page and the operators' admin: forged forms, headers, fixation, ways to other sites."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tenants.identity.browser import live_state
from tenants.identity.proxies.secrets import make_proxy_secret
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.identity.people import offer_provider
from tests.tenants.portal.conftest import browser, sign_in

TENANT, PLATFORM = "controlplane.urls.tenant", "controlplane.urls.platform"
EXEMPT = {
    "controlplane.internal": "runtimes sign what they ask",
    "tenants.identity.scim.views": "a token in a header, which no browser sends by itself",
    "tenants.portal.views.saml": "another site's form, whose content is signed, for a sign-in that this browser began",
}
"""Modules of views that take a form without its token, and why they may."""
EXAMPLES = {"uuid": "6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f", "int": "1", "path": "1", "slug": "x", "str": "x"}


def views(urlconf):
    """Return every view of an address space, with an address that leads to it where its pattern is no expression."""

    def walk(patterns, before):
        for entry in patterns:
            route = getattr(entry.pattern, "_route", None)
            address = None if route is None or before is None else before + route
            if isinstance(entry, URLPattern):
                yield entry.callback, address and re.sub(r"<(?:(\w+):)?\w+>", _example, address)
            else:
                yield from walk(entry.url_patterns, address)

    return list(walk(get_resolver(urlconf).url_patterns, "/"))


def _example(place):
    return EXAMPLES.get(place.group(1) or "str", "x")


def _module(view):
    return getattr(view, "__module__", type(view).__module__)


@pytest.mark.parametrize(("urlconf", "host", "least"), [(TENANT, "acme.localhost", 30), (PLATFORM, "localhost", 60)])
def test_every_form_is_refused_without_its_token(acme, operator_client, urlconf, host, least):
    anyone = Client(headers={"host": host}, enforce_csrf_checks=True)
    somebody = Client(headers={"host": host}, enforce_csrf_checks=True)
    if urlconf == TENANT:
        signed_in = browser(acme)
        sign_in(signed_in, "owner@acme.example")
        somebody.cookies = signed_in.cookies
    else:
        somebody.cookies = operator_client.cookies
    tried = 0
    for view, address in views(urlconf):
        if address is None or _module(view) in EXEMPT:
            continue
        for client in (anyone, somebody):
            answer = client.post(address, {"forged": "1"})
            assert answer.status_code == 403, (address, answer.status_code)
            assert client.put(address).status_code == 403, address
            assert client.delete(address).status_code == 403, address
        tried += 1
    assert tried >= least


@pytest.mark.parametrize("urlconf", [TENANT, PLATFORM])
def test_what_takes_forms_without_a_token_is_known(urlconf):
    exempt = {_module(view) for view, _ in views(urlconf) if getattr(view, "csrf_exempt", False)}
    assert exempt <= set(EXEMPT)


def test_a_token_of_one_tenants_form_is_worth_nothing_at_another(acme, globex):
    ours, theirs = (browser(tenant, enforce_csrf_checks=True) for tenant in (acme, globex))
    page = theirs.get("/settings/sign-in/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    ours.get("/settings/sign-in/")
    assert sign_in(ours, "owner@acme.example", PASSWORD, csrfmiddlewaretoken=token).status_code == 403


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("acme.localhost", "/settings/sign-in/", 200),
        ("acme.localhost", "/settings/", 302),
        ("acme.localhost", "/settings/nothing-here/", 302),
        ("acme.localhost", "/elsewhere/", 404),
        ("acme.localhost", "/settings/static/portal/portal.css", 200),
        ("nobody.localhost", "/settings/", 404),
        ("not a host", "/", 400),
        ("localhost", "/admin/login/", 200),
        ("localhost", "/healthz", None),
        ("localhost", "/internal/sign-in/password", 405),
    ],
)
def test_every_kind_of_answer_says_how_it_is_to_be_taken(settings, secure, host, path, status):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    answer = Client(headers={"host": host}).get(path, secure=secure)
    answer.close()  # a file of the page's is open until then
    assert status is None or answer.status_code == status
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "microphone=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.get("Strict-Transport-Security") == ("max-age=31536000" if secure else None)


def test_nothing_that_was_put_into_a_browser_beforehand_is_there_after_signing_in(acme, member):
    member(acme)
    attacker, victim = browser(acme), browser(acme)
    sign_in(attacker, "ann@example.com")
    planted = {name: cookie.value for name, cookie in attacker.cookies.items()}
    for name, value in planted.items():
        victim.cookies[name] = value
    sign_in(victim, "owner@acme.example")
    after = {name: cookie.value for name, cookie in victim.cookies.items()}
    assert after["access_token"] != planted["access_token"]
    assert all(after.get(name) != value for name, value in planted.items())
    assert victim.get("/settings/branding/").status_code == 200
    assert attacker.get("/settings/branding/").status_code == 302, "the planted sign-in was closed"


@pytest.mark.parametrize("target", ["https://evil.example/settings/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(acme, target):
    for client, how in ((browser(acme), "get"), (browser(acme), "post")):
        fields = {"email": "owner@acme.example", "password": PASSWORD, "next": target}
        sign_in(client, "owner@acme.example") if how == "get" else None
        answer = getattr(client, how)("/settings/sign-in/", fields if how == "post" else {"next": target})
        assert answer.status_code == 302
        assert urlsplit(urljoin("http://acme.localhost/", answer["Location"])).netloc == "acme.localhost"


def test_a_sign_in_by_a_way_that_is_offered_no_more_opens_no_settings_and_no_other_tenants_are_touched(
    acme, globex, operator
):
    ours, theirs = browser(acme), browser(globex)
    sign_in(ours, "owner@acme.example")
    sign_in(theirs, "owner@globex.example")
    provider = offer_provider(acme, operator)
    assert ours.get("/settings/branding/").status_code == 200
    make_proxy_secret(acme.pk, provider.pk, actor=operator)
    update_access(acme.pk, methods=[provider.pk], actor=operator)
    assert [method.id for method in live_state(acme).access.methods] == [provider.pk]
    led = ours.get("/settings/branding/")
    assert (led.status_code, led["Location"].startswith("/settings/sign-in/?next=")) == (302, True)
    # Being led there is the end of it: the page is shown, and leads nowhere by itself.
    assert ours.get(led["Location"]).status_code == 200
    assert theirs.get("/settings/branding/").status_code == 200
