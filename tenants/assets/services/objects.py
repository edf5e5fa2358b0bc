"""Objects of the public bucket: noted in the tenant's schema first, stored after that, so that none is unknown."""

from collections.abc import Sequence

from tenants.assets.models import StoredObject
from tenants.assets.pipeline.prepared import PreparedFile
from tenants.assets.services.quota import check_room
from tenants.assets.storage import put_public
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["note_objects", "public_key", "store_object"]

_SHOWN = ("image/", "audio/", "video/", "font/", "text/plain", "application/pdf")


def public_key(tenant: Tenant, file: PreparedFile) -> str:
    """Return where the content lives: the same bytes of a tenant are one object, other bytes are another."""
    return f"{tenant.pk}/{file.sha256[:32]}.{file.extension}"


def note_objects(tenant: Tenant, files: Sequence[PreparedFile]) -> tuple[str, ...]:
    """Note files that are about to be stored and return their keys.

    Called in a transaction that holds the lock on the tenant's row, so that uploads at once cannot share the last of
    the quota, and that none is deleted as it is stored anew: noting it again makes it young. Raises
    ``InvalidValueError`` (``quota_exceeded``).
    """
    objects = {
        key: StoredObject(key=key, sha256=file.sha256, size=file.size, content_type=file.content_type)
        for file in files
        if (key := public_key(tenant, file))
    }
    with tenant_schema(tenant):
        known = set(StoredObject.objects.filter(key__in=objects).values_list("key", flat=True))
        check_room(tenant, sum(noted.size for key, noted in objects.items() if key not in known))
        StoredObject.objects.bulk_create(
            objects.values(), update_conflicts=True, update_fields=["stored_at"], unique_fields=["key"]
        )
    return tuple(public_key(tenant, file) for file in files)


def store_object(tenant: Tenant, file: PreparedFile, *, shown_as: str) -> str:
    """Store a noted file, see that it is there, and return its key. Storing it again is harmless.

    ``shown_as`` is the name, without an ending, under which a browser would save it. Raises ``UnavailableError``.
    """
    key = public_key(tenant, file)
    put_public(key, file.content, content_type=file.content_type, disposition=_disposition(file, shown_as))
    return key


def _disposition(file: PreparedFile, shown_as: str) -> str:
    """Return how a browser treats the address when it is opened by itself: a drawing is saved, never run as a page.

    In a page's ``<img>``, as a stylesheet or as an icon it is shown all the same (RFC 6266).
    """
    shown = file.content_type.startswith(_SHOWN) and file.content_type != "image/svg+xml"
    return f'{"inline" if shown else "attachment"}; filename="{shown_as}.{file.extension}"'
