"""Celery tasks of the figures of use."""

from celery import shared_task

from tenants.usage.services import prune_usage

__all__ = ["prune_old_usage"]


@shared_task
def prune_old_usage() -> None:
    """Remove figures that are too old to be kept."""
    prune_usage()
