"""Identity providers on this machine, and tenants that offer them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.documents import documents
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, LyingProvider, running_provider
from tests.tenants.identity.people import offer_provider


@pytest.fixture
def own_networks(settings) -> Iterator[None]:
    """Let providers on this machine be asked, and let no test find what another one read."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, outbound_allowed_networks=("127.0.0.1/32",))
    documents.clear()
    yield
    documents.clear()


@pytest.fixture
def provider(own_networks) -> Iterator[LyingProvider]:
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
