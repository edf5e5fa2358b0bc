"""Doing what the settings page's script and the worker do with a chosen file, through the real storage."""

import httpx

from tenants.assets.models import Asset, AssetState
from tenants.assets.tasks import process_asset
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import picture

__all__ = ["JSON", "place_of", "process_all", "publish", "ticket", "upload"]

JSON = {"accept": "application/json"}


def ticket(client, role: str = "logo_light", *, name: str = "", file_name: str = "logo.png"):
    """Ask for a ticket."""
    return client.post(f"/settings/files/{role}/", {"name": name, "file_name": file_name}, headers=JSON)


def upload(client, content: bytes | None = None, role: str = "logo_light", **options):
    """Get a ticket, post the file to the store (a red picture unless told otherwise), and say that it is there."""
    begun = ticket(client, role, **options).json()["upload"]
    body = picture() if content is None else content
    httpx.post(begun["url"], data=begun["fields"], files={"file": body}).raise_for_status()
    return client.post(begun["finish_url"], headers=JSON)


def process_all(tenant) -> None:
    """Do what the worker does with the uploads that wait for it."""
    with tenant_schema(tenant):
        waiting = list(Asset.objects.filter(state=AssetState.RECEIVED))
    for asset in waiting:
        process_asset(str(tenant.pk), str(asset.pk))


def publish(client, tenant, content: bytes | None = None, role: str = "logo_light", **options) -> dict:
    """Upload a file, process it, and return its place as the page's script sees it then."""
    assert upload(client, content, role, **options).status_code == 202
    process_all(tenant)
    return place_of(client, role, options.get("name", ""))


def place_of(client, role: str = "logo_light", name: str = "") -> dict:
    """Return a place as the page's script sees it."""
    places = client.get("/settings/files/states/", headers=JSON).json()["places"]
    return next(place for place in places if place["key"] == f"{role}/{name}")
