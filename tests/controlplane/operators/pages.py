"""Saying in few words what an operator does on a tenant's pages."""

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tenants.registry.models import AuditEntry, Publication, Tenant

__all__ = ["address", "audited", "body", "command", "published", "text_of"]


def address(name: str, *arguments: object) -> str:
    """Return the address of a page of the admin."""
    return reverse(f"admin:{name}", args=arguments, urlconf="controlplane.urls.platform")


def command(client: Client, tenant: Tenant, tab: str, name: str, /, **values: Any) -> HttpResponse:
    """Send one command of a tenant's page and return the page after any redirect."""
    return client.post(address(f"registry_tenant_{tab}", tenant.pk), {"command": name, **values}, follow=True)  # type: ignore[return-value]  # the stubs' own response class


def body(client: Client, tenant: Tenant, tab: str) -> str:
    """Return the text of a tenant's page."""
    return text_of(client.get(address(f"registry_tenant_{tab}", tenant.pk)))


def text_of(response: Any) -> str:
    """Return a response's text; a page that failed has none to look at."""
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def published(tenant: Tenant) -> Publication:
    """Return what is live now."""
    return Publication.objects.filter(tenant=tenant).latest("revision")


def audited(tenant: Tenant) -> list[str]:
    """Return the actions in the audit log of a tenant, newest first."""
    return list(AuditEntry.objects.filter(tenant_id=tenant.pk).values_list("action", flat=True))
