"""Two tenants on the suite's real Valkey, and a client that sees everything."""

import uuid

import pytest
from redis.asyncio import Redis

from runtime.tenant_redis import TenantRedis, create_redis_pool, key_prefix
from tests.runtime.shells import make_config


@pytest.fixture
async def pool(valkey):
    """One pool for both tenants, as in a runtime."""
    pool = create_redis_pool(make_config("", redis_url=valkey.url))
    yield pool
    await pool.disconnect()


@pytest.fixture
async def server(pool):
    """The server as an operator sees it; what a test leaves below ``ct:`` is removed."""
    client = Redis(connection_pool=pool)
    yield client
    async for key in client.scan_iter("ct:*"):
        await client.delete(key)


@pytest.fixture
def acme(pool, server):
    return TenantRedis(pool, key_prefix(str(uuid.uuid4())))


@pytest.fixture
def globex(pool, server):
    return TenantRedis(pool, key_prefix(str(uuid.uuid4())))
