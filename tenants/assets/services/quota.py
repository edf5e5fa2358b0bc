"""How much a tenant may keep in the public bucket, and how much it does."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat

from tenants.assets.models import StoredObject
from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["check_room", "set_storage_quota", "storage_limit", "storage_used"]

_MEGABYTE = 1024**2
_LARGEST_QUOTA_MB = 1_000_000


def storage_limit(tenant: Tenant) -> int:
    """Return the most bytes that a tenant may keep: its own quota, or the platform's where it has none."""
    quota = tenant.storage_quota_mb
    return (settings.ENVIRONMENT.assets_quota_mb if quota is None else quota) * _MEGABYTE


def storage_used(tenant: Tenant) -> int:
    """Return how many bytes the tenant's public objects have, those of kept revisions too."""
    with tenant_schema(tenant):
        used: int = StoredObject.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
    return used


def check_room(tenant: Tenant, more: int) -> None:
    """Refuse ``more`` bytes beyond the quota: ``InvalidValueError`` (``quota_exceeded``) with the numbers.

    Exact only for who holds the lock on the tenant's row; to anybody else it is an early word.
    """
    used, limit = storage_used(tenant), storage_limit(tenant)
    if used + more > limit:
        raise InvalidValueError(
            "quota_exceeded",
            f"{filesizeformat(used)} of {filesizeformat(limit)} are in use, and this file needs "
            f"{filesizeformat(more)} more. Files of earlier revisions count for as long as those are kept.",
            field="content",
            details={"used": str(used), "limit": str(limit), "more": str(more)},
        )


def set_storage_quota(tenant_id: UUID | str, *, megabytes: int | None, actor: Actor) -> None:
    """Give a tenant a quota of its own, or the platform's again with None; what is stored stays.

    Raises ``InvalidValueError`` (``quota_invalid``).
    """
    actor.expect(Permission.OPERATE)
    if megabytes is not None and not 0 <= megabytes <= _LARGEST_QUOTA_MB:
        raise InvalidValueError(
            "quota_invalid", "A storage quota is a number of megabytes, at most 1,000,000.", field="storage_quota_mb"
        )
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        if tenant.storage_quota_mb == megabytes:
            return
        Tenant.objects.filter(pk=tenant.pk).update(storage_quota_mb=megabytes)
        record(
            "tenant.quota",
            actor=actor,
            tenant=tenant,
            changes={"storage_quota_mb": [tenant.storage_quota_mb, megabytes]},
        )
