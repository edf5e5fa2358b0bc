"""Counting attempts in Redis, for all processes of the control plane together."""

import redis

from tenants.identity.attempts.limits import Limit

__all__ = ["RedisAttempts"]

ANSWER_SECONDS = 0.5

# One step on the server: of attempts made at the same moment none sees the others uncounted. Members of the set are
# attempts by the time they were made.
_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])
local count = redis.call('ZCARD', KEYS[1])
local free, first, longest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if count >= free then
    local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
    local wait = last + math.min(first * 2 ^ math.min(count - free, 30), longest) - ARGV[2]
    if wait > 0 then
        return tostring(wait)
    end
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[3]))
return '0'
"""


class RedisAttempts:
    """Attempts by key, as ``MemoryAttempts``; each call raises ``redis.RedisError`` when Redis does not answer."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
        self._take = self._redis.register_script(_TAKE)

    def take(self, key: str, limit: Limit, *, attempt: str, now: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing."""
        arguments: list[str | float] = [attempt, now, limit.window, limit.free, limit.first_delay, limit.longest_delay]
        return float(self._take(keys=[key], args=arguments))

    def give_back(self, key: str, *, attempt: str) -> None:
        """Take one attempt back."""
        self._redis.zrem(key, attempt)

    def forget(self, key: str) -> None:
        """Take all attempts back."""
        self._redis.delete(key)
