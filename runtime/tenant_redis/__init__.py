"""``tenant.redis``: one Redis or Valkey for all tenants, each confined to keys and channels below its own prefix."""

from runtime.tenant_redis.client import TenantRedis, key_prefix
from runtime.tenant_redis.commands import RedisCommandRefusedError
from runtime.tenant_redis.pool import NoRedisError, create_redis_pool, shared_pool, use_redis_pool

__all__ = [
    "NoRedisError", "RedisCommandRefusedError", "TenantRedis", "create_redis_pool", "key_prefix", "shared_pool",
    "use_redis_pool",
]  # fmt: skip
