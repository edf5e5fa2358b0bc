"""Every object that must be in the public bucket for a tenant, and making one that is gone or damaged again."""

import hashlib
from collections.abc import Iterator

import msgspec
from django.db import transaction
from django.db.models.functions import Now

from tenants.assets.manifest import NamedObject, named_objects
from tenants.assets.models import Asset, StoredObject
from tenants.assets.pipeline.child import prepare_in_child
from tenants.assets.pipeline.prepared import PreparedFile
from tenants.assets.public_objects import find_object, read_object
from tenants.assets.services.objects import store_object
from tenants.assets.services.outcomes import lock_tenant
from tenants.assets.storage import MissingObjectError, fetch_private
from tenants.contract import state
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole
from tenants.registry.models import Publication, Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["ObjectRepair", "kept_objects"]


def kept_objects(tenant: Tenant, *, all_revisions: bool) -> Iterator[tuple[int, NamedObject]]:
    """Yield each object that the live revision names, or any kept one, once, with the newest revision that does.

    Documents are read one after the other, newest first, and of them the manifests alone.
    """
    publications = Publication.objects.filter(tenant=tenant).order_by("-revision")
    if not all_revisions:
        publications = publications.filter(pk=tenant.live_publication_id)
    seen: set[str] = set()
    for revision, manifest in publications.values_list("revision", "document__assets").iterator(chunk_size=50):
        for named in named_objects(msgspec.convert(manifest or [], tuple[state.Asset, ...])):
            if named.key not in seen:
                seen.add(named.key)
                yield revision, named


class ObjectRepair:
    """Makes objects of one tenant again, as they were: from what is stored, else from the uploads that are kept.

    The last upload that was looked into stays in memory, since its renditions are asked for one after the other.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._upload: tuple[str, tuple[PreparedFile, ...]] = ("", ())

    def store(self, named: NamedObject) -> bool:
        """Store an object again, with its type and caching, and return whether its content was found anywhere.

        Raises ``UnavailableError`` when the store does not answer.
        """
        file = self._stored(named) or self._made_again(named)
        if file is None:
            return False
        with transaction.atomic(), tenant_schema(lock_tenant(self._tenant)):
            StoredObject.objects.update_or_create(
                key=named.key,
                defaults={
                    "sha256": named.sha256,
                    "size": named.size,
                    "content_type": named.content_type,
                    "stored_at": Now(),
                },
            )
        store_object(self._tenant, file, shown_as=named.asset.role)
        return True

    def _stored(self, named: NamedObject) -> PreparedFile | None:
        found = find_object(named.key)
        if found is None or found.size != named.size:
            return None
        content = read_object(named.key)
        if content is None or hashlib.sha256(content).hexdigest() != named.sha256:
            return None
        return PreparedFile(content, named.content_type, named.key.rpartition(".")[2])

    def _made_again(self, named: NamedObject) -> PreparedFile | None:
        with tenant_schema(self._tenant):
            uploads = list(
                Asset.objects.filter(role=named.asset.role, name=named.asset.name).exclude(private_key="")
            )  # fmt: skip
        for upload in uploads:
            if named.key in upload.public_keys:
                for file in self._files(upload):
                    if file.sha256 == named.sha256:
                        return file
        return None

    def _files(self, upload: Asset) -> tuple[PreparedFile, ...]:
        if self._upload[0] != upload.private_key:
            try:
                prepared = prepare_in_child(
                    fetch_private(upload.private_key), AssetRole(upload.role), name=upload.name
                )  # fmt: skip
            except (MissingObjectError, InvalidValueError):
                # Gone, or no longer taken: then it is no source of anything.
                self._upload = (upload.private_key, ())
            else:
                self._upload = (upload.private_key, (prepared.file, *prepared.renditions))
        return self._upload[1]
