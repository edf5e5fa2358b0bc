"""Browser sessions of a tenant's people."""

from collections.abc import Callable

import pytest
from django.test import Client

from tenants.identity.services.members import add_member
from tenants.registry.models import AuditEntry, Publication, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.conftest import PASSWORD

AddMember = Callable[..., Member]


def browser(tenant: Tenant, **options) -> Client:
    """A browser at the tenant's domain, not signed in."""
    return Client(headers={"host": f"{tenant.slug}.localhost"}, **options)


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/settings/sign-in/", {"email": email, "password": password, **more})


def revisions(tenant: Tenant) -> int:
    return Publication.objects.filter(tenant=tenant).count()


def live_document(tenant: Tenant) -> dict:
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication.document


def last_audit(tenant: Tenant) -> AuditEntry:
    return AuditEntry.objects.filter(tenant_id=tenant.pk).first()


@pytest.fixture
def member(operator) -> AddMember:
    """Return a function that adds a member to a tenant and returns the row."""

    def add(tenant: Tenant, role: str = "admin", email: str = "ann@example.com") -> Member:
        return add_member(tenant.pk, email=email, name="Ann", role=role, password=PASSWORD, actor=operator)

    return add


@pytest.fixture
def owner_of_acme(acme) -> Client:
    """Acme's owner, signed in to the settings."""
    client = browser(acme)
    assert sign_in(client, "owner@acme.example").status_code == 302
    return client


@pytest.fixture
def bound_to_acme(acme):
    """The connection on acme's schema, for reading rows."""
    with tenant_schema(acme):
        yield acme
