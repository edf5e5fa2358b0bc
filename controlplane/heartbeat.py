"""Signs of life of worker and beat, kept in the broker's store so that /healthz can tell which of them is gone."""

from typing import Any

import redis
import structlog
from celery.signals import after_task_publish, beat_init, heartbeat_sent, worker_ready
from django.conf import settings

__all__ = ["BEAT_KEY", "WORKER_KEY"]

log = structlog.get_logger(__name__)

WORKER_KEY = "chainlit-tenants:alive:worker"
BEAT_KEY = "chainlit-tenants:alive:beat"
LIFETIME_SECONDS = 30
SWEEPS = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


@worker_ready.connect
@heartbeat_sent.connect
def _worker_alive(**_: Any) -> None:
    _mark(WORKER_KEY)


@beat_init.connect
def _beat_started(**_: Any) -> None:
    _mark(BEAT_KEY)


@after_task_publish.connect
def _beat_published(sender: str, **_: Any) -> None:
    # Only beat publishes the sweeps, so their publication proves that beat is alive even when no worker is.
    if sender in SWEEPS:
        _mark(BEAT_KEY)


def _mark(key: str) -> None:
    try:
        with redis.Redis.from_url(settings.ENVIRONMENT.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.set(key, "1", ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        log.warning("no sign of life could be left", key=key, reason=str(error))
