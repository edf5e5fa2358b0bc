"""Providers on this machine, and tenants that offer them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.documents import documents
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, LyingProvider, running_provider
from tests.tenants.identity.people import offer_provider

CALLBACK = "/settings/sign-in/callback/"
WITH = "/settings/sign-in/with/company/"


@pytest.fixture(autouse=True)
def _this_machine_may_be_asked(settings) -> Iterator[None]:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, outbound_allowed_networks=("127.0.0.1/32",))
    documents.clear()
    yield
    documents.clear()


@pytest.fixture
def provider() -> Iterator[LyingProvider]:
    """A provider of the customers'."""
    with running_provider() as running:
        yield running


@pytest.fixture
def offer(operator) -> Callable[..., IdentityProvider]:
    """Return a function that sets a provider up at a tenant and lets its policy offer it."""

    def add(tenant, provider: LyingProvider, provider_id: str = "company", **values) -> IdentityProvider:
        settings = {"issuer": provider.issuer, "client_id": CLIENT_ID, **values.pop("settings", {})}
        return offer_provider(
            tenant, operator, provider_id, kind="oidc", settings=settings, secret=CLIENT_SECRET, **values
        )

    return add


def begin(client: Client, path: str = WITH, **query: str) -> str:
    """Set out for the provider and return the address that the browser is sent to."""
    response = client.get(path, query)
    assert response.status_code == 302, response.content
    return response["Location"]


def come_back(client: Client, answer: dict[str, str]) -> HttpResponse:
    """Come back from the provider."""
    return client.get(f"{CALLBACK}?{urlencode(answer)}")


def error_of(response: HttpResponse) -> str:
    """Return the code that a refused browser is led back with."""
    assert response.status_code == 302, response.content
    return response["Location"].partition("error=")[2].partition("&")[0]
