"""How scheduled tasks went last, and what waits in the queue: kept in the broker's store, read by operators."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import redis
import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings

__all__ = ["QUEUE", "QueueState", "TaskRun", "queue_state", "scheduled_runs"]

log = structlog.get_logger(__name__)

RUNS_KEY = "chainlit-tenants:task-runs"
QUEUE = "celery"
UNACKNOWLEDGED = "unacked"
"""Where Celery's transport keeps what workers have taken and not yet done."""
SENT_AT = "chainlit_tenants_sent_at"
TIMEOUT_SECONDS = 2
_begun: dict[str, float] = {}


@dataclass(frozen=True)
class TaskRun:
    """A task that beat sends, and how it last went; without ``ended_at`` no worker has done it yet."""

    name: str
    every_seconds: float | None
    """None where it is sent at times of the clock, in ``cron``."""
    cron: str = ""
    """Minute, hour, day of month, month and day of week; UTC."""
    ended_at: datetime | None = None
    seconds: float = 0.0
    failure: str = ""
    """The kind of the error; empty where it went well."""


@dataclass(frozen=True)
class QueueState:
    """What waits for a worker and what workers are at."""

    name: str
    waiting: int
    under_way: int
    oldest_task: str = ""
    oldest_seconds: float | None = None


def scheduled_runs() -> list[TaskRun]:
    """Return every scheduled task with its last run; raises ``redis.RedisError``."""
    with _redis() as client:
        kept = cast("Mapping[bytes, bytes]", client.hgetall(RUNS_KEY))
    runs = []
    for entry in _schedule():
        raw = kept.get(entry["task"].encode())
        known = json.loads(raw) if raw else {}
        ended_at = datetime.fromtimestamp(known["ended_at"], UTC) if known else None
        schedule = entry["schedule"]
        runs.append(
            TaskRun(
                entry["task"],
                schedule if isinstance(schedule, float) else None,
                "" if isinstance(schedule, float) else str(schedule).removeprefix("<crontab: ").split(" (")[0],
                ended_at,
                known.get("seconds", 0.0),
                known.get("failure", ""),
            )
        )
    return sorted(runs, key=lambda run: (not run.failure, run.name))


def queue_state() -> QueueState:
    """Return how long the queue is and what waits longest in it; raises ``redis.RedisError``."""
    with _redis() as client:
        pipeline = client.pipeline(transaction=False)
        # Tasks are pushed on the left and taken from the right.
        pipeline.llen(QUEUE).hlen(UNACKNOWLEDGED).lindex(QUEUE, -1)
        waiting, under_way, oldest = pipeline.execute()
    headers = _headers(oldest)
    sent_at = headers.get(SENT_AT)
    return QueueState(
        QUEUE,
        waiting,
        under_way,
        str(headers.get("task", "")),
        max(0.0, time.time() - sent_at) if isinstance(sent_at, int | float) else None,
    )


def _headers(message: bytes | None) -> Mapping[str, Any]:
    try:
        headers = json.loads(message or b"{}").get("headers", {})
    except (ValueError, AttributeError):
        return {}
    return headers if isinstance(headers, dict) else {}


def _schedule() -> list[dict[str, Any]]:
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    return list(schedule.values())


@before_task_publish.connect
def _date(headers: dict[str, Any], **_: Any) -> None:
    headers[SENT_AT] = time.time()


@task_prerun.connect
def _begin(task_id: str, **_: Any) -> None:
    _begun[task_id] = time.monotonic()


@task_postrun.connect
def _keep(sender: Any, task_id: str, state: str, retval: object, **_: Any) -> None:
    begun = _begun.pop(task_id, None)
    if sender.name not in {entry["task"] for entry in _schedule()}:
        return
    failed = state == "FAILURE"
    # The kind of the error only: messages of drivers hold addresses and user names.
    run = {
        "ended_at": time.time(),
        "seconds": time.monotonic() - begun if begun is not None else 0.0,
        "failure": (type(retval).__name__ if isinstance(retval, BaseException) else state) if failed else "",
    }
    try:
        with _redis() as client:
            client.hset(RUNS_KEY, sender.name, json.dumps(run))
    except redis.RedisError as error:
        log.warning("no run could be noted", task=sender.name, reason=type(error).__name__)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.ENVIRONMENT.redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
