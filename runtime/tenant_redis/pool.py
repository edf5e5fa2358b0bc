"""The one pool of connections to Redis or Valkey that all tenants of a process use, and each tenant's share of it."""

import asyncio
from typing import Any

from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from runtime.config import InvalidSettingError, RuntimeConfig

__all__ = ["NoRedisError", "PoolShare", "create_redis_pool", "shared_pool", "use_redis_pool"]

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


class PoolShare:
    """The pool as one tenant has it: at most a quarter of the connections at a time, so that none takes them all.

    redis-py takes it for the pool; everything but taking a connection and giving it back is the pool's own.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._places = asyncio.Semaphore(max(1, pool.max_connections // 4))

    async def get_connection(self, *args: Any, **options: Any) -> AbstractConnection:
        """Take a connection; raises redis-py's ``ConnectionError`` when none is free within two seconds."""
        try:
            async with asyncio.timeout(CHECKOUT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise RedisConnectionError("All of this tenant's connections to Redis are in use.") from error
        try:
            connection: AbstractConnection = await self._pool.get_connection(*args, **options)  # type: ignore[no-untyped-call]  # redis-py's is untyped
        except BaseException:
            self._places.release()
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """Give a connection back."""
        try:
            await self._pool.release(connection)
        finally:
            self._places.release()

    def __getattr__(self, name: str) -> Any:
        """Return what the pool has."""
        return getattr(self._pool, name)
