"""Entering a tenant's schema, the one way that all code uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from django.db import connection

from tenants.contract.errors import NotFoundError
from tenants.registry.models import Tenant

__all__ = ["enter_public_schema", "enter_tenant_schema", "get_tenant", "tenant_schema"]

# django-tenants' connection, which ships no types.
_connection = cast("Any", connection)


def get_tenant(tenant_id: UUID | str) -> Tenant:
    """Return the tenant, or raise ``NotFoundError``."""
    try:
        tenant: Tenant = Tenant.objects.select_related("live_publication").get(pk=tenant_id)
    except (Tenant.DoesNotExist, ValueError) as error:
        raise NotFoundError("tenant_not_found", "There is no such tenant.") from error
    return tenant


def enter_tenant_schema(tenant: Tenant) -> None:
    """Put the connection on a tenant's schema until somebody leaves it; a block is safer, see ``tenant_schema``."""
    _connection.set_tenant(tenant)


def enter_public_schema() -> None:
    """Put the connection on the public schema."""
    _connection.set_schema_to_public()


@contextmanager
def tenant_schema(tenant: Tenant) -> Iterator[None]:
    """Run a block with the connection on the tenant's schema (public tables stay visible behind it)."""
    previous = _connection.tenant
    _connection.set_tenant(tenant)
    try:
        yield
    finally:
        _connection.set_tenant(previous)
