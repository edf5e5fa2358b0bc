"""Looking at the public bucket: what is under a key, what is there at all. ``tenants.assets.storage`` changes it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from tenants.assets.storage import MissingObjectError, answering, storage_client

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

__all__ = ["PublicObject", "find_object", "list_objects", "list_prefixes", "object_sha256", "read_object"]

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class PublicObject:
    """One object; ``content_type`` is empty where it comes from a listing, which does not tell."""

    key: str
    size: int
    modified_at: datetime
    content_type: str = ""


def find_object(key: str) -> PublicObject | None:
    """Return what is under a key, or None; raises ``UnavailableError`` when the store does not answer."""
    try:
        with answering("find_object", key):
            head = storage_client().head_object(Bucket=settings.ENVIRONMENT.assets_public_bucket, Key=key)
    except MissingObjectError:
        return None
    return PublicObject(
        key=key, size=head["ContentLength"], modified_at=head["LastModified"], content_type=head["ContentType"]
    )


def object_sha256(key: str) -> str | None:
    """Return the hash (hex) of what is stored, read in pieces; None where there is no object."""
    digest = hashlib.sha256()
    try:
        with answering("object_sha256", key):
            answer = storage_client().get_object(Bucket=settings.ENVIRONMENT.assets_public_bucket, Key=key)
            for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                digest.update(chunk)
    except MissingObjectError:
        return None
    return digest.hexdigest()


def read_object(key: str) -> bytes | None:
    """Return what is stored, whole, or None; its size is asked before (``find_object``)."""
    try:
        with answering("read_object", key):
            answer = storage_client().get_object(Bucket=settings.ENVIRONMENT.assets_public_bucket, Key=key)
            content: bytes = answer["Body"].read()
    except MissingObjectError:
        return None
    return content


def list_objects(prefix: str) -> Iterator[PublicObject]:
    """Yield the objects whose keys begin with a prefix, in order, a page of them in memory at a time."""
    for page in _pages(prefix=prefix, delimiter=""):
        for entry in page.get("Contents", []):
            yield PublicObject(key=entry["Key"], size=entry["Size"], modified_at=entry["LastModified"])


def list_prefixes() -> Iterator[str]:
    """Yield the first part of all keys, with its slash: a tenant's id, or something else; and keys without a slash."""
    for page in _pages(prefix="", delimiter="/"):
        for item in page.get("Contents", []):
            yield item["Key"]
        for entry in page.get("CommonPrefixes", []):
            yield entry["Prefix"]


def _pages(*, prefix: str, delimiter: str) -> Iterator["ListObjectsV2OutputTypeDef"]:
    paginator = storage_client().get_paginator("list_objects_v2")
    pages = iter(
        paginator.paginate(Bucket=settings.ENVIRONMENT.assets_public_bucket, Prefix=prefix, Delimiter=delimiter)
    )
    while True:
        with answering("list_objects", prefix):
            page = next(pages, None)
        if page is None:
            return
        yield page
