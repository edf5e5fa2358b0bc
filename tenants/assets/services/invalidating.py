"""After a publication: having the CDN before tenants' hosts forget what looks different now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tenants.assets.cdn import changed_paths, configured_invalidation
from tenants.registry.models import Publication, Tenant
from tenants.registry.queue import enqueue_after_commit

__all__ = ["INVALIDATE_TASK", "enqueue_invalidation", "invalidate_publication"]

INVALIDATE_TASK = "tenants.assets.tasks.invalidate_cdn"


def enqueue_invalidation(tenant: Tenant, before: Mapping[str, Any] | None, publication: Publication) -> None:
    """Have the worker ask the CDN once the publication has committed, where anything that it may hold has changed.

    Nothing is asked for a tenant's first publication: nobody has seen its hosts yet. A message that is lost with the
    broker costs what the CDN's own time to live lets it keep.
    """
    if before is not None and changed_paths(before, publication.document):
        enqueue_after_commit(INVALIDATE_TASK, str(tenant.pk), str(publication.revision))


def invalidate_publication(tenant_id: UUID | str, revision: int) -> list[str]:
    """Ask the CDN to forget what a revision has changed, and return the paths.

    Safe to repeat: tenant and revision are the reference. Raises as ``Invalidation.invalidate`` does.
    """
    documents = dict(
        Publication.objects.filter(tenant_id=tenant_id, revision__in=(revision - 1, revision)).values_list(
            "revision", "document"
        )
    )
    # A revision that is no longer kept may have differed in anything.
    paths = changed_paths(documents.get(revision - 1), documents.get(revision, {}))
    if paths:
        configured_invalidation().invalidate(paths, reference=f"{tenant_id}-{revision}")
    return paths
