"""What tests of uploads need: the running store, a broken one, and one line for an upload."""

import dataclasses
from collections.abc import Callable

import httpx
import pytest
from django.conf import settings as django_settings

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.seaweedfs import SeaweedFS
from tenants.assets.models import Asset
from tenants.assets.services.receiving import UploadTicket, begin_upload, finish_upload
from tenants.assets.storage import storage_client
from tenants.contract.roles import Role
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tests.tenants.assets.pictures import picture

Upload = Callable[..., Asset]


def post(ticket: UploadTicket, content: bytes, **fields: str) -> httpx.Response:
    """Post a file as a browser does: the ticket's fields first, each as it is unless told otherwise."""
    return httpx.post(ticket.url, data={**ticket.fields, **fields}, files={"file": ("any name.png", content)})


@pytest.fixture
def upload(seaweedfs: SeaweedFS, operator: Actor) -> Upload:
    """Return a function that uploads a file for a tenant: a red PNG as light logo by an operator unless told so."""

    def send(
        tenant: Tenant,
        content: bytes | None = None,
        *,
        role: str = "logo_light",
        name: str = "",
        file_name: str = "logo.png",
        actor: Actor = operator,
    ) -> Asset:
        ticket = begin_upload(tenant.pk, role=role, name=name, file_name=file_name, actor=actor)
        post(ticket, picture() if content is None else content).raise_for_status()
        return finish_upload(tenant.pk, ticket.asset_id, actor=actor)

    return send


@pytest.fixture
def empty_store(seaweedfs: SeaweedFS) -> None:
    """Let the public bucket hold nothing of tests before: rows are rolled back, objects are not."""
    bucket = django_settings.ENVIRONMENT.assets_public_bucket
    client = storage_client()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=item["Key"])


@pytest.fixture
def member() -> Actor:
    """An administrator of a tenant as the services see one."""
    return Actor(ActorKind.MEMBER, "owner@acme.example", Role.OWNER)


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
