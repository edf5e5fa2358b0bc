"""Celery tasks of the conversations. They parse, call one service and present nothing."""

from celery import shared_task

from tenants.contract.errors import UnavailableError
from tenants.conversations.services.retention import enforce_retention, tenants_to_visit

__all__ = ["enforce_all_retention", "enforce_tenant_retention"]


@shared_task
def enforce_all_retention() -> None:
    """Have what each tenant no longer keeps deleted, one tenant a task."""
    for tenant_id in tenants_to_visit():
        enforce_tenant_retention.delay(str(tenant_id))


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=5, retry_backoff_max=600, max_retries=5)
def enforce_tenant_retention(tenant_id: str) -> None:
    """Delete what one tenant no longer keeps."""
    enforce_retention(tenant_id)
