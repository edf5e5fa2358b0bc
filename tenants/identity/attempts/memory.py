"""Counting attempts in this process, for as long as Redis is away: bounded, and forgetful of the oldest alone."""

import threading
from collections import OrderedDict

from tenants.identity.attempts.limits import Limit, delay

__all__ = ["MemoryAttempts"]

MOST_KEYS = 10_000
MOST_ATTEMPTS = 64


class MemoryAttempts:
    """Attempts by key. Another process counts its own, so an attacker gets as many free attempts as processes."""

    def __init__(self) -> None:
        self._attempts: OrderedDict[str, list[tuple[float, str]]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, limit: Limit, *, attempt: str, now: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing."""
        with self._lock:
            attempts = [entry for entry in self._attempts.get(key, ()) if entry[0] > now - limit.window]
            last = attempts[-1][0] if attempts else 0.0
            wait = last + delay(limit, len(attempts)) - now
            if wait > 0:
                return wait
            self._attempts[key] = [*attempts, (now, attempt)][-MOST_ATTEMPTS:]
            self._attempts.move_to_end(key)
            while len(self._attempts) > MOST_KEYS:
                self._attempts.popitem(last=False)
            return 0.0

    def give_back(self, key: str, *, attempt: str) -> None:
        """Take one attempt back."""
        with self._lock:
            kept = [entry for entry in self._attempts.get(key, ()) if entry[1] != attempt]
            if kept:
                self._attempts[key] = kept
            else:
                self._attempts.pop(key, None)

    def forget(self, key: str) -> None:
        """Take all attempts back."""
        with self._lock:
            self._attempts.pop(key, None)
