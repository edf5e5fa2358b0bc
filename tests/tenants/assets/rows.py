"""Looking behind the services: rows, the live manifest, and what the buckets hold."""

from django.conf import settings

from tenants.assets.models import Asset, StoredObject
from tenants.assets.storage import storage_client
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["change", "manifest", "noted", "objects", "revision", "rows", "stored"]


def rows(tenant: Tenant) -> list[Asset]:
    """Return all uploads of a tenant."""
    with tenant_schema(tenant):
        return list(Asset.objects.all())


def stored(tenant: Tenant, asset: Asset) -> Asset:
    """Return the row as it is now."""
    with tenant_schema(tenant):
        return Asset.objects.get(pk=asset.pk)


def change(tenant: Tenant, asset: Asset, **values: object) -> None:
    """Change the row behind the services' back."""
    with tenant_schema(tenant):
        Asset.objects.filter(pk=asset.pk).update(**values)


def manifest(tenant: Tenant) -> dict[str, dict]:
    """Return the assets of the live publication by role."""
    live = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    return {asset["role"]: asset for asset in live.document.get("assets", [])}


def revision(tenant: Tenant) -> int:
    """Return the live revision's number."""
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication.revision


def objects(tenant: Tenant) -> set[str]:
    """Return the keys of a tenant in the public bucket."""
    bucket = settings.ENVIRONMENT.assets_public_bucket
    listed = storage_client().list_objects_v2(Bucket=bucket, Prefix=f"{tenant.pk}/")
    return {item["Key"] for item in listed.get("Contents", [])}


def noted(tenant: Tenant) -> set[str]:
    """Return the keys of a tenant that are noted in its schema."""
    with tenant_schema(tenant):
        return set(StoredObject.objects.values_list("key", flat=True))
