"""/healthz of the platform: every component with its state, 200 only when all of them answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from controlplane.heartbeat import BEAT_KEY, WORKER_KEY
from tenants.assets.storage import storage_client

__all__ = ["healthz"]

TIMEOUT_SECONDS = 2


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer ``{"status": ..., "components": {name: {"ok": bool, "detail": str}}}``; each check has two seconds."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "broker": _broker,
        "storage": _storage,
        "worker": lambda: _alive(WORKER_KEY),
        "beat": lambda: _alive(BEAT_KEY),
        "runtime": _runtime,
    }
    # The checks run side by side, so a dead component costs its own time-out and not the sum of all.
    with ThreadPoolExecutor(max_workers=len(checks)) as executor:
        outcomes = list(executor.map(_outcome, checks.values()))
    components = dict(zip(checks, outcomes, strict=True))
    healthy = all(component["ok"] for component in components.values())
    return JsonResponse(
        {"status": "ok" if healthy else "unavailable", "components": components},
        status=200 if healthy else 503,
        headers={"Cache-Control": "no-store"},
    )


def _outcome(check: Callable[[], str]) -> dict[str, object]:
    try:
        return {"ok": True, "detail": check()}
    except (psycopg.Error, redis.RedisError, BotoCoreError, ClientError, httpx.HTTPError, ComponentDownError) as error:
        # The kind of error only: messages of drivers hold addresses and user names.
        detail = str(error) if isinstance(error, ComponentDownError) else type(error).__name__
        return {"ok": False, "detail": detail}


class ComponentDownError(Exception):
    """A component answered that it is not ready, or left no sign of life."""


def _database() -> str:
    # A connection of its own: Django's belongs to the request's thread and may be in any state.
    with psycopg.connect(settings.ENVIRONMENT.database_url, connect_timeout=TIMEOUT_SECONDS) as connection:
        connection.execute("SELECT 1")
    return "answers"


def _broker() -> str:
    with _redis() as client:
        client.ping()
    return "answers"


def _storage() -> str:
    storage_client(timeout=TIMEOUT_SECONDS, attempts=1).head_bucket(Bucket=settings.ENVIRONMENT.assets_public_bucket)
    return "answers"


def _alive(key: str) -> str:
    with _redis() as client:
        if not client.exists(key):
            raise ComponentDownError("no sign of life")
    return "alive"


def _runtime() -> str:
    response = httpx.get(f"{settings.ENVIRONMENT.runtime_url}/readyz", timeout=TIMEOUT_SECONDS)
    if response.status_code != 200:
        raise ComponentDownError("not ready")
    return "ready"


def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.ENVIRONMENT.redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
