"""Sending work to Celery: always after commit, and never failing the edit when the broker is away."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

__all__ = ["enqueue_after_commit"]

log = structlog.get_logger(__name__)


def enqueue_after_commit(task_name: str, *arguments: str) -> None:
    """Send a task by its full name once the present transaction has committed.

    The row that asks for the work is the truth: when the broker cannot be reached the message is dropped with a
    warning, and the sweep that beat runs for each kind of work finds the row.
    """

    def send() -> None:
        try:
            current_app.send_task(task_name, args=arguments)
        except OperationalError as error:
            log.warning("broker away, work waits for the sweep", task=task_name, reason=str(error))

    transaction.on_commit(send)
