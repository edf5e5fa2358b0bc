"""For operators: what a tenant's files take, whether they are all there as they must be, and what nobody needs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants.assets.manifest import NamedObject
from tenants.assets.models import ENDED, Asset, AssetState, StoredObject
from tenants.assets.public_objects import PublicObject, find_object, list_objects, list_prefixes, object_sha256
from tenants.assets.services.frontend import FRONTEND_PREFIX
from tenants.assets.services.kept_objects import ObjectRepair, kept_objects
from tenants.assets.services.outcomes import lock_tenant
from tenants.assets.services.quota import storage_limit
from tenants.assets.storage import delete_public
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema

__all__ = [
    "Finding", "Orphans", "Problem", "StorageUse", "Use", "delete_orphans", "find_orphans", "repush_assets",
    "storage_use", "unknown_prefixes", "verify_assets",
]  # fmt: skip

log = structlog.get_logger(__name__)

_DELETED_AT_ONCE = 400


@dataclass
class Use:
    """How many objects there are, and their bytes."""

    objects: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one more object."""
        self.objects += 1
        self.bytes += size


@dataclass
class StorageUse:
    """What a tenant keeps in the public bucket; ``limit`` in bytes.

    An object that two roles have in common counts for the first. ``earlier`` is what only older revisions need.
    """

    limit: int
    total: Use = field(default_factory=Use)
    earlier: Use = field(default_factory=Use)
    by_role: dict[str, Use] = field(default_factory=dict)


class Problem(StrEnum):
    """What is wrong with an object that a manifest names."""

    MISSING = "missing"
    SIZE = "wrong size"
    CONTENT_TYPE = "wrong type"
    HASH = "wrong content"


@dataclass(frozen=True)
class Finding:
    """An object that is not as a revision says; ``repaired`` when it is now."""

    revision: int
    named: NamedObject
    problem: Problem
    repaired: bool


@dataclass(frozen=True)
class Orphans:
    """Where bucket and rows of a tenant disagree.

    ``left_over`` are objects that nothing knows or names, ``unnoted`` ones that are named but have no row, and
    ``missing`` the keys of rows without an object.
    """

    left_over: list[PublicObject]
    unnoted: list[PublicObject]
    missing: list[str]


def storage_use(tenant: Tenant) -> StorageUse:
    """Return what a tenant's files take, from the rows alone."""
    use = StorageUse(limit=storage_limit(tenant))
    with tenant_schema(tenant):
        published = Asset.objects.filter(state=AssetState.PUBLISHED).order_by("role", "name")
        roles = {key: asset.role for asset in reversed(published) for key in asset.public_keys}
        for key, size in StoredObject.objects.values_list("key", "size").iterator():
            use.total.add(size)
            (use.by_role.setdefault(roles[key], Use()) if key in roles else use.earlier).add(size)
    return use


def verify_assets(tenant_id: UUID | str, *, all_revisions: bool = False, repair: bool = False) -> Iterator[Finding]:
    """Yield every object that the live revision, or any kept one, names and that is not there as it says.

    Reads each object to its end. With ``repair`` it is stored again where its content is found anywhere. Raises
    ``UnavailableError`` when the store does not answer.
    """
    tenant = get_tenant(tenant_id)
    objects = ObjectRepair(tenant)
    for revision, named in kept_objects(tenant, all_revisions=all_revisions):
        problem = _problem(named)
        if problem:
            repaired = repair and objects.store(named)
            log.warning("object is not as it must be", key=named.key, problem=problem, repaired=repaired)
            yield Finding(revision, named, problem, repaired)


def repush_assets(tenant_id: UUID | str, *, all_revisions: bool = False) -> Iterator[tuple[NamedObject, bool]]:
    """Store every object again that the live revision, or any kept one, names; yield each and whether it could be.

    For a bucket that was emptied, moved or set up otherwise. Safe to repeat and to stop halfway.
    """
    tenant = get_tenant(tenant_id)
    objects = ObjectRepair(tenant)
    for _, named in kept_objects(tenant, all_revisions=all_revisions):
        yield named, objects.store(named)


def find_orphans(tenant: Tenant) -> Orphans:
    """Compare what the bucket holds under a tenant's prefix with its rows and all kept revisions."""
    found = list(list_objects(f"{tenant.pk}/"))
    with tenant_schema(tenant):
        noted = set(StoredObject.objects.values_list("key", flat=True))
    named = _named_keys(tenant)
    unknown = [entry for entry in found if entry.key not in noted]
    return Orphans(
        left_over=[entry for entry in unknown if entry.key not in named],
        unnoted=[entry for entry in unknown if entry.key in named],
        missing=sorted(noted - {entry.key for entry in found}),
    )


def delete_orphans(tenant: Tenant, orphans: Orphans) -> int:
    """Delete what is left over and older than ``ASSETS_GRACE_HOURS``, and return how many objects that were.

    Under the tenant's lock, which noting an object takes too: what is noted meanwhile stays, or is stored anew.
    """
    before = timezone.now() - timedelta(hours=settings.ENVIRONMENT.assets_grace_hours)
    old = [entry.key for entry in orphans.left_over if entry.modified_at < before]
    deleted = 0
    for start in range(0, len(old), _DELETED_AT_ONCE):
        with transaction.atomic(), tenant_schema(lock_tenant(tenant)):
            keys = set(old[start : start + _DELETED_AT_ONCE]) - _named_keys(tenant)
            keys -= set(StoredObject.objects.filter(key__in=keys).values_list("key", flat=True))
            delete_public(sorted(keys))
        deleted += len(keys)
    if deleted:
        log.info("orphans deleted", tenant=tenant.slug, objects=deleted)
    return deleted


def unknown_prefixes() -> list[str]:
    """Return the first parts of keys in the public bucket that are neither a tenant's id nor the frontend's."""
    known = {f"{tenant_id}/" for tenant_id in Tenant.objects.values_list("pk", flat=True)} | {FRONTEND_PREFIX}
    return sorted(prefix for prefix in list_prefixes() if prefix not in known)


def _problem(named: NamedObject) -> Problem | None:
    found = find_object(named.key)
    if found is None:
        return Problem.MISSING
    if found.size != named.size:
        return Problem.SIZE
    if found.content_type != named.content_type:
        return Problem.CONTENT_TYPE
    return None if object_sha256(named.key) == named.sha256 else Problem.HASH


def _named_keys(tenant: Tenant) -> set[str]:
    named = {entry.key for _, entry in kept_objects(tenant, all_revisions=True)}
    with tenant_schema(tenant):
        rows = Asset.objects.exclude(state__in=ENDED).exclude(public_key="").only("public_key", "renditions")
        return named | {key for asset in rows for key in asset.public_keys}
