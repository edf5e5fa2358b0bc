"""Telling a CDN to forget: CloudFront, or nobody where no distribution is set."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from tenants.contract.errors import InvalidValueError, UnavailableError

__all__ = ["CloudFrontInvalidation", "Invalidation", "NoInvalidation", "configured_invalidation"]

log = structlog.get_logger(__name__)

_TRY_AGAIN = {
    "InternalFailure", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException",
    "TooManyInvalidationsInProgress",
}  # fmt: skip


class Invalidation(Protocol):
    """What a CDN in front of tenants' hosts must be able to do."""

    def invalidate(self, paths: Sequence[str], *, reference: str) -> None:
        """Have paths asked for anew, on all hosts of the distribution; ``*`` stands for any ending.

        The same ``reference`` again is the same request, so it is safe to repeat. Raises ``UnavailableError``
        (``cdn_unavailable``) for what may pass and ``InvalidValueError`` (``cdn_refused``) for what will not.
        """


class NoInvalidation:
    """No CDN before tenants' hosts, or one that asks anew by itself."""

    def invalidate(self, paths: Sequence[str], *, reference: str) -> None:
        """Do nothing."""


class CloudFrontInvalidation:
    """Amazon CloudFront: one request for all paths of an edit (``CreateInvalidation``, API 2020-05-31)."""

    def __init__(self, distribution: str, client: Any) -> None:
        self._distribution = distribution
        self._client = client

    def invalidate(self, paths: Sequence[str], *, reference: str) -> None:
        """Ask for the invalidation; CloudFront carries it out within minutes."""
        try:
            answer = self._client.create_invalidation(
                DistributionId=self._distribution,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": list(paths)},
                    "CallerReference": reference,
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _TRY_AGAIN or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise _unavailable(code) from error
            log.error("cdn refuses to forget", distribution=self._distribution, reason=code)
            raise InvalidValueError("cdn_refused", f"CloudFront refuses the invalidation: {code}.") from error
        except BotoCoreError as error:
            raise _unavailable(type(error).__name__) from error
        log.info("cdn asked to forget", paths=list(paths), invalidation=answer["Invalidation"]["Id"])


def configured_invalidation() -> Invalidation:
    """Return the CDN of the settings."""
    environment = settings.ENVIRONMENT
    if not environment.assets_cdn_distribution:
        return NoInvalidation()
    client = _client(environment.assets_cdn_access_key_id, environment.assets_cdn_secret_access_key)
    return CloudFrontInvalidation(environment.assets_cdn_distribution, client)


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError("cdn_unavailable", f"CloudFront takes no invalidation just now: {reason}.")


@lru_cache(maxsize=2)
def _client(access_key_id: str, secret_access_key: str) -> Any:
    return boto3.client(
        "cloudfront",
        # A service of all regions, whose requests are signed for this one.
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}),
    )
