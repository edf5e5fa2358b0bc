"""Identity providers on this machine, tenants that offer them, and a tenant with somebody of each role."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.contrib.auth.hashers import make_password

from tenants.contract.roles import Role
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.documents import documents
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, LyingProvider, running_provider
from tests.tenants.identity.people import offer_provider
from tests.tenants.permission_case import Ground


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


@pytest.fixture
def ground(acme) -> Ground:
    def person(role: str, email: str) -> Member:
        return Member.objects.create(email=email, role=role, password=make_password(None))

    with tenant_schema(acme):
        owner = Member.objects.get(role=Role.OWNER)
        acting = person(Role.OWNER, "acting@acme.example")
        return Ground(acme, owner, person(Role.ADMIN, "a@acme.example"), person(Role.MEMBER, "m@acme.example"), acting)
