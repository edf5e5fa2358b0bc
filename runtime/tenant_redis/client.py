"""redis-py's asynchronous client, confined to one tenant: every key and channel gets the tenant's prefix on its way.

The prefix is ``ct:{<tenant id>}:app:``. The braces are a hash tag: in a cluster all keys of a tenant are in one slot,
so commands on several keys work. It is also what an ACL rule names: ``~ct:{<tenant id>}:app:*``.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import Pipeline, PubSub

from runtime.tenant_redis.commands import ANSWERS_WITH_KEYS, RedisCommandRefusedError, confine
from runtime.tenant_redis.pool import PoolShare

__all__ = ["TenantRedis", "key_prefix"]

_SUBSCRIBING = frozenset({"PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE"})


def key_prefix(tenant_id: str) -> str:
    """Return what every key and channel of a tenant begins with."""
    return f"ct:{{{tenant_id}}}:app:"


class _Names:
    """Names as the app has them, and as the server has them."""

    __slots__ = ("_bytes", "_text")

    def __init__(self, prefix: str) -> None:
        self._text, self._bytes = prefix, prefix.encode()

    def put(self, name: Any) -> str | bytes:
        """Return a name with the prefix; raises ``TypeError`` for what cannot be one."""
        match name:
            case str():
                return self._text + name
            case bytes() | bytearray() | memoryview():
                return self._bytes + bytes(name)
            case int() | float() if not isinstance(name, bool):
                return f"{self._text}{name!r}"
        raise TypeError("A key is text, bytes or a number.")

    def take(self, name: Any) -> Any:
        """Return a name of the server without the prefix."""
        return name.removeprefix(self._bytes if isinstance(name, bytes) else self._text)  # as answers have them


class TenantRedis(Redis):
    """A client of the shared pool for one tenant's keys; made by ``tenant.redis``.

    It has redis-py's whole interface. What cannot be kept to the tenant's keys raises ``RedisCommandRefusedError``:
    scripts and functions (the client's own locks work), ``SORT``, ``FLUSHDB``, ``MONITOR`` and everything else that
    ``runtime.tenant_redis.commands`` does not name.
    """

    def __init__(self, pool: ConnectionPool, prefix: str) -> None:
        share: Any = PoolShare(pool)
        super().__init__(connection_pool=share)
        self._names = _Names(prefix)
        for command, restore in ANSWERS_WITH_KEYS.items():
            self.response_callbacks[command] = _restoring(
                self.response_callbacks.get(command), restore, self._names.take
            )

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command on the tenant's keys."""
        confined = confine(args, self._names.put)
        return await super().execute_command(*confined, **options)  # type: ignore[no-untyped-call]  # as redis-py has it

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "TenantPipeline":
        """Return a pipeline on the tenant's keys."""
        return TenantPipeline(self, transaction=transaction, shard_hint=shard_hint)

    def pubsub(self, **options: Any) -> "TenantPubSub":
        """Return a subscriber to the tenant's channels."""
        return TenantPubSub(self.connection_pool, self._names, **options)

    def monitor(self) -> NoReturn:
        """Refuse: it shows every tenant's commands."""
        raise RedisCommandRefusedError("MONITOR")

    def keyspace_notifications(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: its channels are the server's own."""
        raise RedisCommandRefusedError("keyspace notifications")

    def client(self) -> NoReturn:
        """Refuse: a connection of one's own would be taken from all tenants."""
        raise RedisCommandRefusedError("a client with one connection")

    def __repr__(self) -> str:
        """Name no address: it holds the password."""
        return f"<redis of {self._names.put('')!s}>"


class TenantPipeline(Pipeline):
    """Commands that are sent together; each is confined when it is queued."""

    def __init__(self, client: TenantRedis, *, transaction: bool, shard_hint: str | None) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)
        self._names = client._names

    def pipeline_execute_command(self, *args: Any, **options: Any) -> Any:
        """Queue a command on the tenant's keys."""
        confined = confine(args, self._names.put)
        return super().pipeline_execute_command(*confined, **options)  # type: ignore[no-untyped-call]  # as above

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command of a watched transaction at once, on the tenant's keys."""
        confined = confine(args, self._names.put)
        return await super().immediate_execute_command(*confined, **options)  # type: ignore[no-untyped-call]  # as above


class TenantPubSub(PubSub):
    """A subscriber. It knows its channels by the app's names; the prefix is there on the wire alone."""

    def __init__(self, pool: ConnectionPool, names: _Names, **options: Any) -> None:
        super().__init__(pool, **options)
        self._names = names

    async def execute_command(self, *args: Any) -> Any:
        """Send a subscription."""
        command, *channels = args
        if command == "PING":
            return await super().execute_command(*args)
        if command not in _SUBSCRIBING:
            raise RedisCommandRefusedError(str(command)[:40])
        if command.endswith("UNSUBSCRIBE") and not channels:
            # Without names the server ends all subscriptions of this connection, which are the tenant's.
            return await super().execute_command(command)
        return await super().execute_command(command, *map(self._names.put, channels))

    async def handle_message(self, response: Any, ignore_subscribe_messages: bool = False) -> Any:
        """Give a message under the app's name of its channel."""
        if isinstance(response, list | tuple) and response[0] not in (b"pong", "pong"):
            named = 3 if response[0] in (b"pmessage", "pmessage") else 2
            response = [
                self._names.take(part) if 0 < at < named and part is not None else part
                for at, part in enumerate(response)
            ]
        return await super().handle_message(response, ignore_subscribe_messages)  # type: ignore[no-untyped-call]  # as above


def _restoring(
    callback: Callable[..., Any] | None, restore: Callable[[Any, Callable[[Any], Any]], Any], take: Callable[[Any], Any]
) -> Callable[..., Any]:
    def answer(response: Any, **options: Any) -> Any:
        return restore(response if callback is None else callback(response, **options), take)

    return answer
