"""The frame of every edit: lock the tenant, enter its schema, change rows, audit and publish, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.publishing import publish_tenant

__all__ = ["editing"]


@contextmanager
def editing(tenant_id: UUID | str, *, actor: Actor, note: str = "") -> Iterator[Tenant]:
    """Run a block that changes a tenant's workspace; publish at its end. Any error undoes all of it.

    The tenant's row is locked first, so edits of one tenant happen one after the other and audit rows say what
    really was before.
    """
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        with tenant_schema(tenant):
            yield tenant
        publish_tenant(tenant.pk, actor=actor, note=note)
