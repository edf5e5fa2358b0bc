"""The object store: SeaweedFS under `make up`, any S3 in production. All calls to it are here.

Whatever goes wrong on the way to it is one ``UnavailableError``: callers change nothing then and try again later.
"""

from collections.abc import Iterator
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

__all__ = ["MissingObjectError", "answering", "fetch_private", "put_private", "put_public", "storage_client"]

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


def put_private(key: str, content: bytes) -> None:
    """Store an upload as it came, where only the worker reads it."""
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
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": "path"},
            # Checksums that some S3 servers do not know are sent only where the API demands them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
