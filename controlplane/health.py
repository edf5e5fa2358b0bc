"""/healthz of the platform: every component with its state, 200 only when all of them answer."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from controlplane.heartbeat import BEAT_KEY, WORKER_KEY
from tenants.assets.storage import storage_client

__all__ = ["ComponentState", "component_states", "gateway_state", "healthz"]

TIMEOUT_SECONDS = 2


@dataclass(frozen=True)
class ComponentState:
    """Whether a component is well (None: nobody knows), in what words, and how long it took to say so."""

    name: str
    ok: bool | None
    detail: str
    milliseconds: float = 0.0


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer ``{"status": ..., "components": {name: {"ok": bool, "detail": str}}}``; each check has two seconds."""
    states = component_states()
    healthy = all(state.ok for state in states)
    return JsonResponse(
        {
            "status": "ok" if healthy else "unavailable",
            "components": {state.name: {"ok": state.ok, "detail": state.detail} for state in states},
        },
        status=200 if healthy else 503,
        headers={"Cache-Control": "no-store"},
    )


def component_states() -> list[ComponentState]:
    """Ask every component how it is; each has two seconds, side by side."""
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
        return list(executor.map(_outcome, checks, checks.values()))


def gateway_state() -> ComponentState:
    """Ask the gateway for a small file at the platform's own address, which need not be reachable from here."""
    begun = time.perf_counter()
    try:
        httpx.head(
            f"{settings.ENVIRONMENT.platform_url}{static('operators/favicon.svg')}",
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL):
        return ComponentState("gateway", None, "not reachable from here")
    return ComponentState("gateway", True, "answers", _since(begun))


def _outcome(name: str, check: Callable[[], str]) -> ComponentState:
    begun = time.perf_counter()
    try:
        return ComponentState(name, True, check(), _since(begun))
    except (psycopg.Error, redis.RedisError, BotoCoreError, ClientError, httpx.HTTPError, ComponentDownError) as error:
        # The kind of error only: messages of drivers hold addresses and user names.
        detail = str(error) if isinstance(error, ComponentDownError) else type(error).__name__
        return ComponentState(name, False, detail, _since(begun))


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


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
