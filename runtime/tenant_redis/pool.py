"""The one pool of connections to Redis or Valkey that all tenants of this process share."""

from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from runtime.config import InvalidSettingError, RuntimeConfig

__all__ = ["NoRedisError", "create_redis_pool", "shared_pool", "use_redis_pool"]

CHECKOUT_SECONDS = 2.0


class NoRedisError(RuntimeError):
    """The runtime was started without ``REDIS_URL``, so there is no ``tenant.redis``."""

    def __init__(self) -> None:
        super().__init__("This runtime has no Redis: it was started without REDIS_URL.")


_shared: list[ConnectionPool] = []


def create_redis_pool(config: RuntimeConfig) -> ConnectionPool | None:
    """Return the pool, which connects when it is used, or None where no Redis is set.

    Raises ``InvalidSettingError`` when the address is not one.
    """
    if not config.redis_url:
        return None
    try:
        return BlockingConnectionPool.from_url(
            config.redis_url,
            max_connections=config.redis_pool_size,
            timeout=CHECKOUT_SECONDS,
            socket_connect_timeout=5,
            health_check_interval=30,
            # A server that restarts is met by three more tries within half a second; then the app is told.
            retry=Retry(ExponentialBackoff(cap=0.4, base=0.05), 3),
            client_name="chainlit-tenants-runtime",
        )
    except ValueError:
        # Without its cause, whose text may quote the address and the password in it.
        raise InvalidSettingError("REDIS_URL", "a Redis connection URL") from None


def use_redis_pool(pool: ConnectionPool | None) -> None:
    """Make this the pool behind ``tenant.redis``; None: there is none."""
    _shared[:] = [] if pool is None else [pool]


def shared_pool() -> ConnectionPool:
    """Return the pool of this process, or raise ``NoRedisError``."""
    if not _shared:
        raise NoRedisError
    return _shared[0]
