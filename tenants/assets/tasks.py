"""Celery tasks of the assets. They parse, call one service and present nothing."""

import structlog
from celery import shared_task

from tenants.assets.services.checking import Check, run_check, start_checks
from tenants.assets.services.cleaning import clean_tenant, tenants_to_clean
from tenants.assets.services.inspection import repush_assets
from tenants.assets.services.invalidating import invalidate_publication
from tenants.assets.services.processing import process_upload, requeue_uploads
from tenants.contract.errors import UnavailableError
from tenants.registry.actor import Actor, ActorKind

__all__ = [
    "check_all_assets",
    "check_tenant_assets",
    "clean_assets",
    "clean_tenant_assets",
    "invalidate_cdn",
    "process_asset",
    "repush_tenant_assets",
    "resume_assets",
]

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
def repush_tenant_assets(tenant_id: str) -> None:
    """Store the files that one tenant's live revision names again; what is found nowhere is in the log."""
    for named, found in repush_assets(tenant_id):
        if not found:
            log.error("file is found nowhere", tenant=tenant_id, key=named.key, role=named.asset.role)


@shared_task
def check_tenant_assets(tenant_id: str, check: str, actor_kind: str, actor: str) -> None:
    """Do a check of one tenant's files that an operator asked for."""
    run_check(tenant_id, Check(check), actor=Actor(ActorKind(actor_kind), actor))


@shared_task
def check_all_assets(check: str, actor_kind: str, actor: str) -> None:
    """Have a check done for every live tenant, one tenant a task."""
    start_checks(Check(check), actor=Actor(ActorKind(actor_kind), actor))
