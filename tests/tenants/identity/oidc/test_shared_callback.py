"""The callback for all domains: it sends a browser on to where its sign-in began, and to nowhere else."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from tenants.registry.models import Domain
from tests.tenants.identity.oidc.journeys import CALLBACK, begin
from tests.tenants.portal.conftest import browser

SHARED = "/sign-in/callback/"


@pytest.fixture
def platform(settings) -> Client:
    """A browser at the platform's host, whose callback tenants may use."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, shared_callback_url="http://localhost:8000")
    return Client(headers={"host": "localhost:8000"})


def test_one_callback_serves_the_domains_of_all_tenants(acme, globex, provider, offer, platform):
    for tenant in (acme, globex):
        offer(tenant, provider, settings={"shared_callback": True})
    for tenant in (acme, globex):
        client = browser(tenant)
        url = begin(client, next="/settings/profile/")
        assert dict(parse_qsl(urlsplit(url).query))["redirect_uri"] == f"http://localhost:8000{SHARED}"
        answer = {**provider.authorize(url), "session_state": "not passed on"}
        sent_on = platform.get(f"{SHARED}?{urlencode(answer)}")
        assert sent_on.status_code == 302
        assert sent_on["Location"].startswith(f"http://{tenant.slug}.localhost:8000{CALLBACK}?")
        assert "session_state" not in sent_on["Location"]
        path = sent_on["Location"].partition(":8000")[2]
        # The browser that began it, and no other.
        assert "sign_in_state_invalid" in browser(tenant).get(path)["Location"]
        assert client.get(path)["Location"] == "/settings/profile/"


def test_nobody_is_sent_to_a_host_that_is_not_the_tenants(acme, globex, provider, offer, platform):
    offer(acme, provider, settings={"shared_callback": True})
    answer = provider.authorize(begin(browser(acme)))
    for forged in ("", "x", answer["state"][:-4] + "AAAA"):
        assert platform.get(f"{SHARED}?{urlencode({**answer, 'state': forged})}").status_code == 400
    # The domain moved to another tenant while somebody was on their way.
    Domain.objects.filter(tenant=acme).update(tenant=globex, is_primary=False)
    assert platform.get(f"{SHARED}?{urlencode(answer)}").status_code == 400
