"""Celery tasks of the workspace. They parse, call one service and present nothing."""

from celery import shared_task

from tenants.workspace.services.scheduling import publish_due

__all__ = ["publish_planned"]


@shared_task
def publish_planned() -> None:
    """Publish what was planned for a time that has come."""
    publish_due()
