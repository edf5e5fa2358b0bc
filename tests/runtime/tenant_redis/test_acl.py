"""The naming scheme as an ACL rule: a user of the server that can reach one tenant's keys, and nothing else."""

import re
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import NoPermissionError

from runtime.tenant_redis import TenantRedis, key_prefix

DOCUMENTATION = Path(__file__).resolve().parents[3] / "docs" / "operations.md"


def documented_rule(tenant_id, name, password):
    """Return the ACL rule of the documentation, with a tenant's values in it."""
    [rule] = re.findall(r"^ACL SETUSER .*$", DOCUMENTATION.read_text(), flags=re.MULTILINE)
    return rule.replace("NAME", name).replace("PASSWORD", password).replace("TENANT-ID", tenant_id)


@pytest.fixture
async def confined(server, valkey):
    """A tenant's id and a client that is signed in as that tenant's user of the server."""
    tenant_id, name, password = str(uuid.uuid4()), f"tenant-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    await server.execute_command(*documented_rule(tenant_id, name, password).split())
    address = urlsplit(valkey.url)
    pool = ConnectionPool.from_url(f"redis://{name}:{password}@{address.hostname}:{address.port}{address.path}")
    yield tenant_id, pool
    await pool.disconnect()
    await server.execute_command("ACL DELUSER", name)


async def test_tenant_redis_works_for_a_user_who_may_do_nothing_else(confined):
    tenant_id, pool = confined
    own = TenantRedis(pool, key_prefix(tenant_id))

    await own.set("key", "value")
    assert await own.get("key") == b"value"
    assert [key async for key in own.scan_iter()] == [b"key"]
    async with own.pipeline() as pipeline:
        assert await pipeline.incr("n").zadd("ranks", {"ann": 1}).execute() == [1, 1]
    async with own.lock("nightly", timeout=5):
        pass
    async with own.pubsub(ignore_subscribe_messages=True) as subscriber:
        await subscriber.subscribe("news")
        assert await own.publish("news", "hello") in (0, 1)
    await own.xadd("events", {"a": 1})
    assert await own.xlen("events") == 1


async def test_the_user_reaches_no_key_or_channel_of_another_tenant(confined, globex, server):
    tenant_id, pool = confined
    await globex.set("secret", "globex's")
    [foreign] = await server.keys("ct:*:app:secret")
    raw = Redis(connection_pool=pool)

    for command in (
        ("GET", foreign), ("SET", foreign, "x"), ("DEL", foreign), ("COPY", foreign, f"{key_prefix(tenant_id)}copy"),
        ("GET", "celery"), ("PUBLISH", foreign, "x"), ("KEYS", "*"), ("FLUSHALL",), ("CONFIG", "GET", "*"),
        ("EVAL", f"return redis.call('GET', '{foreign.decode()}')", "0"), ("ACL", "LIST"), ("CLIENT", "LIST"),
        ("SORT", f"{key_prefix(tenant_id)}key", "BY", "other_*"),
    ):  # fmt: skip
        with pytest.raises(NoPermissionError):
            await raw.execute_command(*command)
    assert await globex.get("secret") == b"globex's"
