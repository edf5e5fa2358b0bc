"""What tests of uploads need: the running store, a broken one, and one line for an upload."""

import dataclasses
import io
from collections.abc import Callable

import httpx
import pytest

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.seaweedfs import SeaweedFS
from tenants.assets.models import Asset
from tenants.assets.services.uploads import receive_asset
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tests.tenants.assets.pictures import picture

Upload = Callable[..., Asset]


@pytest.fixture
def upload(seaweedfs: SeaweedFS, operator: Actor) -> Upload:
    """Return a function that receives a file for a tenant: a red PNG as light logo unless told otherwise."""

    def receive(tenant: Tenant, content: bytes | None = None, *, role: str = "logo_light", name: str = "logo.png"):
        body = picture() if content is None else content
        return receive_asset(
            tenant.pk, role=role, name=name, content=io.BytesIO(body), size=len(body), actor=operator
        )  # fmt: skip

    return receive


@pytest.fixture
def store_down(settings) -> Callable[[bool], None]:
    """Return a switch: True leads all calls of the store to a port where nobody listens."""
    running = settings.ENVIRONMENT
    closed = dataclasses.replace(running, s3_endpoint_url=f"http://127.0.0.1:{choose_port()}")

    def switch(down: bool) -> None:
        settings.ENVIRONMENT = closed if down else running

    return switch


@pytest.fixture
def fetch(seaweedfs: SeaweedFS) -> Callable[[str, str], httpx.Response]:
    """Return a function that reads an object as anybody can: over HTTP, without a key."""

    def get(bucket: str, key: str) -> httpx.Response:
        return httpx.get(f"{seaweedfs.endpoint_url}/{bucket}/{key}")

    return get
