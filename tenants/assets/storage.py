"""The object store: SeaweedFS under `make up`, any S3 in production. All calls to it are here.

Whatever goes wrong on the way to it is one ``UnavailableError``: callers change nothing then and try again later.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from tenants.contract.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = [
    "MissingObjectError", "answering", "delete_private", "delete_public", "fetch_private", "presign_post",
    "private_size", "put_private", "put_public", "storage_client", "uploads_address",
]  # fmt: skip

log = structlog.get_logger(__name__)

IMMUTABLE = "public, max-age=31536000, immutable"
"""A key names its content, so what is under it never changes (RFC 8246)."""

_MISSING = {"404", "NoSuchKey", "NotFound"}


class MissingObjectError(Exception):
    """The store answers, and holds no object under the key."""


def storage_client(*, timeout: float = 5, attempts: int = 2) -> "S3Client":
    """Return a client of the configured S3; ``timeout`` in seconds for connecting and for each read."""
    environment = settings.ENVIRONMENT
    return _client(
        endpoint_url=environment.s3_endpoint_url,
        access_key_id=environment.s3_access_key_id,
        secret_access_key=environment.s3_secret_access_key,
        region=environment.s3_region,
        timeout=timeout,
        attempts=attempts,
    )


def presign_post(key: str, *, maximum_bytes: int, seconds: int, return_to: str = "") -> tuple[str, dict[str, str]]:
    """Return address and form fields with which a browser stores one private object, without a call of the store.

    The signed policy names the key, the size (1 to ``maximum_bytes``) and the time; the store refuses every other form.
    The fields come first and the file last, as ``file`` (S3, "POST Object"). The store answers 204, or 303 to
    ``return_to`` with the key in the query.
    """
    answer = {"success_action_redirect": return_to} if return_to else {"success_action_status": "204"}
    # Whatever is sent is nothing that a browser would run.
    fixed = {"Content-Type": "application/octet-stream", **answer}
    post = storage_client().generate_presigned_post(
        Bucket=settings.ENVIRONMENT.assets_private_bucket,
        Key=key,
        Fields=dict(fixed),
        Conditions=[*({name: value} for name, value in fixed.items()), ["content-length-range", 1, maximum_bytes]],
        ExpiresIn=seconds,
    )
    return uploads_address(), post["fields"]


def uploads_address() -> str:
    """Return where browsers post files: an address, or a path that the gateway leads on from every host."""
    environment = settings.ENVIRONMENT
    store = storage_client().meta.endpoint_url.rstrip("/")
    return environment.uploads_url or f"{store}/{environment.assets_private_bucket}"


def private_size(key: str) -> int:
    """Return how many bytes an upload has; raises ``MissingObjectError`` when there is none."""
    with answering("private_size", key):
        return storage_client().head_object(Bucket=settings.ENVIRONMENT.assets_private_bucket, Key=key)["ContentLength"]


def put_private(key: str, content: bytes) -> None:
    """Store a file where only the control plane reads it."""
    with answering("put_private", key):
        storage_client().put_object(
            Bucket=settings.ENVIRONMENT.assets_private_bucket,
            Key=key,
            Body=content,
            ContentType="application/octet-stream",
        )


def fetch_private(key: str) -> bytes:
    """Return an upload; raises ``MissingObjectError`` when it is gone."""
    with answering("fetch_private", key):
        answer = storage_client().get_object(Bucket=settings.ENVIRONMENT.assets_private_bucket, Key=key)
        body: bytes = answer["Body"].read()
        return body


def delete_private(keys: Collection[str]) -> None:
    """Delete private objects, at most 1,000; what is not there counts as deleted."""
    _delete(settings.ENVIRONMENT.assets_private_bucket, keys)


def delete_public(keys: Collection[str]) -> None:
    """Delete public objects, at most 1,000; what is not there counts as deleted."""
    _delete(settings.ENVIRONMENT.assets_public_bucket, keys)


def put_public(key: str, content: bytes, *, content_type: str, disposition: str) -> None:
    """Store a file for everybody, and make sure that it is there as it was meant. Storing it again is harmless."""
    bucket = settings.ENVIRONMENT.assets_public_bucket
    with answering("put_public", key):
        storage_client().put_object(
            Bucket=bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
            ContentDisposition=disposition,
            CacheControl=IMMUTABLE,
        )
        stored = storage_client().head_object(Bucket=bucket, Key=key)
    if (stored["ContentLength"], stored["ContentType"]) != (len(content), content_type):
        log.error("object is not as it was stored", key=key, size=stored["ContentLength"], type=stored["ContentType"])
        raise _unavailable()


def _delete(bucket: str, keys: Collection[str]) -> None:
    if not keys:
        return
    with answering("delete", f"{len(keys)} of {bucket}"):
        # Somebody may hold a lock for as long, and what is not deleted now is deleted next time.
        answer = storage_client(timeout=3, attempts=1).delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
    if errors := answer.get("Errors"):
        log.warning("objects were not deleted", bucket=bucket, objects=len(errors), reason=errors[0].get("Code"))
        raise _unavailable()


@contextmanager
def answering(operation: str, key: str) -> Iterator[None]:
    """Run calls of the store: a missing object is ``MissingObjectError``, all else is ``UnavailableError``."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        if code in _MISSING:
            raise MissingObjectError(key) from error
        log.warning("object store failed", operation=operation, key=key, reason=code)
        raise _unavailable() from error


def _unavailable() -> UnavailableError:
    return UnavailableError(
        "storage_unavailable", "The file store does not answer just now; nothing was changed. Please try again shortly."
    )


@lru_cache(maxsize=8)
def _client(
    *, endpoint_url: str | None, access_key_id: str, secret_access_key: str, region: str, timeout: float, attempts: int
) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        region_name=region,
        config=Config(
            # Said, because the signature of a form would otherwise be one that only AWS still takes.
            signature_version="s3v4",
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": "path"},
            # Checksums that some S3 servers do not know are sent only where the API demands them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
