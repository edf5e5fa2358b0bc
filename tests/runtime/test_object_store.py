"""The object store over signed HTTP, against a real SeaweedFS."""

import io
import secrets

import pytest

from controlplane.supervisor.ports import choose_port
from runtime.config import RuntimeConfig
from runtime.object_store import ObjectStore, ObjectStoreConfig, ObjectStoreError


def _config(seaweedfs, **changes):
    values = {
        "endpoint_url": seaweedfs.endpoint_url,
        "access_key_id": seaweedfs.access_key_id,
        "secret_access_key": seaweedfs.secret_access_key,
        "region": "us-east-1",
        "bucket": "assets-private",
    }
    return ObjectStoreConfig(**{**values, **changes})


@pytest.fixture
async def store(seaweedfs):
    store = ObjectStore(_config(seaweedfs))
    yield store
    await store.close()


@pytest.fixture
def key():
    return f"tests/{secrets.token_hex(8)}/a name, with (signs) & ünïcode"


async def _read(store, key, **options):
    async with store.open(key, **options) as stored:
        return None if stored is None else (stored.status, b"".join([chunk async for chunk in stored.content]))


async def test_an_object_is_stored_read_replaced_and_removed(store, key):
    assert await _read(store, key) is None
    await store.put(key, b"one", size=3, content_type="text/plain")
    await store.put(key, b"two", size=3, content_type="text/plain")
    assert await _read(store, key) == (200, b"two")
    await store.delete(key)
    await store.delete(key)
    assert await _read(store, key) is None


async def test_a_large_file_goes_through_in_pieces(store, key):
    content = secrets.token_bytes(3_000_000)
    await store.put(key, io.BytesIO(content), size=len(content), content_type="application/octet-stream")
    assert await _read(store, key) == (200, content)
    assert await _read(store, key, byte_range="bytes=1000000-1000009") == (206, content[1_000_000:1_000_010])
    assert (await _read(store, key, byte_range="bytes=9000000-"))[0] == 416
    await store.delete(key)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_access_key": "wrong"},
        {"endpoint_url": f"http://127.0.0.1:{choose_port()}"},
    ],
)
async def test_a_store_that_refuses_or_is_away_is_unavailable(seaweedfs, key, changes):
    store = ObjectStore(_config(seaweedfs, **changes))
    with pytest.raises(ObjectStoreError):
        await store.put(key, b"x", size=1, content_type="text/plain")
    await store.close()


def test_the_store_is_named_by_the_settings_and_secrets_are_not_shown():
    required = {
        "DATABASE_URL": "postgresql://localhost/x",
        "RUNTIME_MASTER_SECRET": "master",
        "TENANT_ENCRYPTION_KEYS": "key",
        "CHAINLIT_APPS_DIR": ".",
        "RUNTIME_DATA_DIR": ".",
    }
    assert RuntimeConfig.from_environment(required).object_store is None
    named = {"S3_ACCESS_KEY_ID": "the id", "S3_SECRET_ACCESS_KEY": "the secret", "S3_ENDPOINT_URL": "http://store"}
    config = RuntimeConfig.from_environment({**required, **named, "ASSETS_PRIVATE_BUCKET": "own"})
    assert config.object_store == ObjectStoreConfig(
        endpoint_url="http://store",
        access_key_id="the id",
        secret_access_key="the secret",
        region="us-east-1",
        bucket="own",
    )
    assert config.public_store is not None
    assert config.public_store.bucket == "assets-public"
    assert "the secret" not in repr(config)
