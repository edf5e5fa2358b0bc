"""Celery tasks of the assets. They parse, call one service and present nothing."""

import structlog
from celery import shared_task

from tenants.assets.services.cleaning import clean_tenant, tenants_to_clean
from tenants.assets.services.inspection import repush_assets, verify_assets
from tenants.assets.services.invalidating import invalidate_publication
from tenants.assets.services.processing import process_upload, requeue_uploads
from tenants.contract.errors import UnavailableError

__all__ = [
    "clean_assets", "clean_tenant_assets", "invalidate_cdn", "process_asset", "repush_tenant_assets", "resume_assets",
    "verify_tenant_assets",
]  # fmt: skip

log = structlog.get_logger(__name__)


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=2, retry_backoff_max=15, max_retries=3)
def process_asset(tenant_id: str, asset_id: str) -> None:
    """Carry one upload to its end; tried again a few times when the store is away, and by the sweep after that."""
    process_upload(tenant_id, asset_id)


@shared_task
def resume_assets() -> None:
    """Go on with uploads whose worker died, whose message was lost with the broker, or whose store was away."""
    requeue_uploads()


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=5, retry_backoff_max=600, max_retries=10)
def invalidate_cdn(tenant_id: str, revision: str) -> None:
    """Have the CDN forget what a revision has changed; tried again for about an hour while it does not take it."""
    invalidate_publication(tenant_id, int(revision))


@shared_task
def clean_assets() -> None:
    """Have each tenant's unused files deleted, one tenant a task."""
    for tenant_id in tenants_to_clean():
        clean_tenant_assets.delay(str(tenant_id))


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=2, retry_backoff_max=15, max_retries=3)
def clean_tenant_assets(tenant_id: str) -> None:
    """Delete one tenant's unused files."""
    clean_tenant(tenant_id)


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=2, retry_backoff_max=60, max_retries=5)
def repush_tenant_assets(tenant_id: str, *, all_revisions: bool = False) -> None:
    """Store the files that one tenant's revisions name again; what is found nowhere is in the log."""
    for named, found in repush_assets(tenant_id, all_revisions=all_revisions):
        if not found:
            log.error("file is found nowhere", tenant=tenant_id, key=named.key, role=named.asset.role)


@shared_task(autoretry_for=(UnavailableError,), retry_backoff=2, retry_backoff_max=60, max_retries=5)
def verify_tenant_assets(tenant_id: str, *, all_revisions: bool = False, repair: bool = False) -> None:
    """Check the files that one tenant's revisions name; what is wrong is in the log."""
    findings = list(verify_assets(tenant_id, all_revisions=all_revisions, repair=repair))
    wrong = sum(not finding.repaired for finding in findings)
    (log.error if wrong else log.info)("files verified", tenant=tenant_id, found=len(findings), wrong=wrong)
