"""Files as processing leaves them, without the way there: an object in the store, its note, and a published row."""

import hashlib
from itertools import count

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.storage import put_public
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.publishing import publish_tenant

__all__ = ["publish_file", "stored_file"]

_contents = count()


def stored_file(tenant: Tenant, content_type: str = "image/png") -> dict:
    """Store a new object and return what a row says of it, with its key."""
    content = f"content {next(_contents)}".encode()
    digest = hashlib.sha256(content).hexdigest()
    key = f"{tenant.pk}/{digest[:32]}.bin"
    with tenant_schema(tenant):
        StoredObject.objects.create(key=key, sha256=digest, size=len(content), content_type=content_type)
    put_public(key, content, content_type=content_type, disposition="inline")
    return {"key": key, "content_type": content_type, "sha256": digest, "size": len(content)}


def publish_file(
    tenant: Tenant, actor: Actor, role: str = "logo_light", name: str = "", *, file: dict | None = None, **values
) -> Asset:  # fmt: skip
    """Publish a stored file, a new one unless told which, in a role's place; return its row."""
    described = dict(file or stored_file(tenant))
    with tenant_schema(tenant):
        Asset.objects.filter(role=role, name=name, state=AssetState.PUBLISHED).update(state=AssetState.REPLACED)
        asset = Asset.objects.create(
            role=role, name=name, state=AssetState.PUBLISHED, public_key=described.pop("key"), private_key="",
            uploaded_by="operator@example.com", uploaded_by_kind="operator",
            due_at="2026-01-01T00:00:00Z", **described, **values,
        )  # fmt: skip
    publish_tenant(tenant.pk, actor=actor)
    return asset
