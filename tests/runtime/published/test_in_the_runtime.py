"""The whole runtime answers a tenant's published files on its hosts, also while it is suspended."""

import hashlib
import secrets

from runtime.object_store import ObjectStore, ObjectStoreConfig
from tenants.contract.state import TenantStatus
from tests.runtime.shells import make_config, running_shell


async def test_each_tenants_files_are_on_its_own_hosts_alone(database_url, registry, seaweedfs):
    config = ObjectStoreConfig(
        endpoint_url=seaweedfs.endpoint_url,
        access_key_id=seaweedfs.access_key_id,
        secret_access_key=seaweedfs.secret_access_key,
        region="us-east-1",
        bucket="assets-public",
    )
    acme, globex = registry.add("acme", status=TenantStatus.SUSPENDED), registry.add("globex")
    content = secrets.token_bytes(500)
    path = f"{acme.id}/{hashlib.sha256(content).hexdigest()[:32]}.png"
    store = ObjectStore(config)
    await store.put(path, content, size=len(content), content_type="image/png")
    await store.close()

    async with running_shell(make_config(database_url, public_store=config)) as shell:
        own = await shell.get(acme.hosts[0], f"/_assets/{path}")
        foreign = await shell.get(globex.hosts[0], f"/_assets/{path}")

        assert (own.status_code, own.content) == (200, content)
        assert foreign.status_code == 404
        assert (await shell.get(acme.hosts[0], "/")).status_code == 503
