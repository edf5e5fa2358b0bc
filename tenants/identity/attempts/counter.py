"""The one counter of attempts: in Redis, and in this process while Redis is away."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from uuid import UUID

import redis
import structlog
from django.conf import settings

from tenants.identity.attempts.limits import Limit
from tenants.identity.attempts.memory import MemoryAttempts
from tenants.identity.attempts.shared import RedisAttempts

__all__ = ["AttemptCounter", "attempt_counter"]

log = structlog.get_logger(__name__)

SECONDS_WITHOUT_REDIS = 5.0
"""How long Redis is left alone after it did not answer, so that nobody's sign-in waits for it each time."""

Answer = TypeVar("Answer")
Attempts = RedisAttempts | MemoryAttempts


class AttemptCounter:
    """Counts attempts by tenant and subject (an e-mail address, a network address). It never fails."""

    def __init__(self, shared: RedisAttempts, *, clock: Callable[[], float] = time.time) -> None:
        self._shared = shared
        self._own = MemoryAttempts()
        self._clock = clock
        self._away_until = 0.0
        self._lock = threading.Lock()

    def take(self, tenant_id: UUID | str, limit: Limit, subject: str) -> tuple[str, float]:
        """Count an attempt; return its name, by which it can be given back, and the seconds to wait (0: go on)."""
        key, attempt, now = _key(tenant_id, limit, subject), secrets.token_hex(8), self._clock()

        def count(attempts: Attempts) -> float:
            return attempts.take(key, limit, attempt=attempt, now=now)

        wait = self._asked(count)
        return attempt, count(self._own) if wait is None else wait

    def is_resting(self, tenant_id: UUID | str, limit: Limit, subject: str) -> bool:
        """Say whether the next attempt would have to wait."""
        attempt, wait = self.take(tenant_id, limit, subject)
        if not wait:
            self.give_back(tenant_id, limit, subject, attempt)
        return wait > 0

    def give_back(self, tenant_id: UUID | str, limit: Limit, subject: str, attempt: str) -> None:
        """Take an attempt back that was none."""
        key = _key(tenant_id, limit, subject)
        self._asked(lambda attempts: attempts.give_back(key, attempt=attempt))
        self._own.give_back(key, attempt=attempt)

    def forget(self, tenant_id: UUID | str, limit: Limit, subject: str) -> None:
        """Take back all attempts of a subject."""
        key = _key(tenant_id, limit, subject)
        self._asked(lambda attempts: attempts.forget(key))
        self._own.forget(key)

    def _asked(self, question: Callable[[RedisAttempts], Answer]) -> Answer | None:
        """Return Redis' answer; None while it gives none, which the log says once for each outage."""
        if self._clock() < self._away_until:
            return None
        try:
            answer = question(self._shared)
        except redis.RedisError as error:
            with self._lock:
                first, self._away_until = not self._away_until, self._clock() + SECONDS_WITHOUT_REDIS
            if first:
                log.warning("attempts counted in this process alone", reason=type(error).__name__)
            return None
        with self._lock:
            back, self._away_until = bool(self._away_until), 0.0
        if back:
            log.info("attempts counted in redis again")
        return answer


@cache
def attempt_counter() -> AttemptCounter:
    """Return the process's counter."""
    return AttemptCounter(RedisAttempts(settings.ENVIRONMENT.redis_url))


def _key(tenant_id: UUID | str, limit: Limit, subject: str) -> str:
    # Hashed: Redis holds no addresses of people.
    digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
    return f"chainlit-tenants:attempts:{limit.name}:{tenant_id}:{digest}"
