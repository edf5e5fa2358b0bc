"""Suspending, resuming, archiving a tenant and changing what the operator owns of it."""

from uuid import UUID

from django.db import transaction

from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.apps_directory import check_app
from tenants.registry.models import Publication, Tenant
from tenants.registry.schema import get_tenant
from tenants.registry.services.auditing import difference, record
from tenants.registry.services.platform_visits import end_visits
from tenants.registry.services.publishing import publish_tenant

__all__ = ["archive_tenant", "resume_tenant", "suspend_tenant", "update_tenant"]


def suspend_tenant(tenant_id: UUID | str, *, actor: Actor, note: str = "") -> Publication:
    """Stop serving a tenant: its pages answer 503 and its sockets are closed."""
    return _set_status(tenant_id, Tenant.Status.SUSPENDED, action="tenant.suspend", actor=actor, note=note)


def resume_tenant(tenant_id: UUID | str, *, actor: Actor, note: str = "") -> Publication:
    """Serve a suspended or archived tenant again."""
    return _set_status(tenant_id, Tenant.Status.ACTIVE, action="tenant.resume", actor=actor, note=note)


def archive_tenant(tenant_id: UUID | str, *, actor: Actor, note: str = "") -> Publication:
    """Take a tenant out of service for good; its data stays until it is deleted."""
    return _set_status(tenant_id, Tenant.Status.ARCHIVED, action="tenant.archive", actor=actor, note=note)


def update_tenant(tenant_id: UUID | str, *, name: str, app: str, plan: str, actor: Actor) -> Publication:
    """Change a tenant's name, app and plan.

    Raises ``InvalidValueError`` (``name_invalid``, ``app_unknown``, ``plan_too_long``) naming the field at fault.
    """
    actor.expect(Permission.OPERATE)
    if not name.strip() or len(name) > 80:
        raise InvalidValueError("name_invalid", "A tenant's name has 1 to 80 characters.", field="name")
    if len(plan) > 40:
        raise InvalidValueError("plan_too_long", "A plan has at most 40 characters.", field="plan")
    check_app(app)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        before = {"name": tenant.name, "app": tenant.app, "plan": tenant.plan}
        after = {"name": name.strip(), "app": app, "plan": plan}
        changes = difference(before, after)
        if changes:
            Tenant.objects.filter(pk=tenant.pk).update(**after)
            record("tenant.update", actor=actor, tenant=tenant, changes=changes)
        return publish_tenant(tenant.pk, actor=actor)


def _set_status(tenant_id: UUID | str, status: Tenant.Status, *, action: str, actor: Actor, note: str) -> Publication:
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        if tenant.live_publication_id is None:
            raise ConflictError("tenant_not_live", f"{tenant.name} is not live yet.", details={"tenant": tenant.slug})
        if tenant.status != status:
            Tenant.objects.filter(pk=tenant.pk).update(status=status)
            if status != Tenant.Status.ACTIVE:
                end_visits(tenant)
            record(action, actor=actor, tenant=tenant, changes={"status": [tenant.status, status.value], "note": note})
        return publish_tenant(tenant.pk, actor=actor, note=note or status.label)
