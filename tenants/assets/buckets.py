"""The two buckets: one that only the worker reads, one that everybody may read object by object."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from tenants.assets.storage import storage_client
from tenants.contract.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CORSRuleTypeDef

__all__ = ["ensure_buckets"]

_POSTING: "CORSRuleTypeDef" = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
"""From any page: tenants' own domains come and go, and what may be posted is for each form's signed policy to say."""

_READING: "CORSRuleTypeDef" = {"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
"""Fonts, and stylesheets and scripts with a hash, are read across origins by CORS alone."""

_THERE_ALREADY = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou"}
_NOT_OFFERED = {"NotImplemented", "MethodNotAllowed", "AccessDenied"}


def ensure_buckets(*, public_policy: bool) -> Iterator[str]:
    """Create the private and the public bucket where they are missing; yield a sentence for each thing done.

    ``public_policy`` lets everybody read the objects of the public bucket unless it has a policy of its own already;
    a server that keeps permissions elsewhere (SeaweedFS: in its identities) says so and is left as it is. Browsers of
    other origins may post to the private bucket, where they are sent to it, and read the public one; rules that a
    bucket has already stay. Raises ``UnavailableError`` when the server does not answer or refuses.
    """
    environment = settings.ENVIRONMENT
    client = storage_client()
    try:
        for bucket in (environment.assets_private_bucket, environment.assets_public_bucket):
            yield _create(client, bucket, region=environment.s3_region)
        if public_policy:
            yield _open_to_readers(client, environment.assets_public_bucket)
        if not environment.uploads_url.startswith("/"):
            yield _allow_origins(client, environment.assets_private_bucket, _POSTING)
        yield _allow_origins(client, environment.assets_public_bucket, _READING)
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError("storage_unavailable", f"The buckets could not be made ready: {error}.") from error


def _create(client: "S3Client", bucket: str, *, region: str) -> str:
    try:
        if region == "us-east-1" or settings.ENVIRONMENT.s3_endpoint_url:
            client.create_bucket(Bucket=bucket)
        else:
            # AWS takes the region as a constraint, and refuses it for us-east-1 alone.
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]  # the operator's region, unknown to the stubs
    except ClientError as error:
        if error.response["Error"]["Code"] not in _THERE_ALREADY:
            raise
        return f"{bucket} is there"
    return f"{bucket} created"


def _open_to_readers(client: "S3Client", bucket: str) -> str:
    try:
        client.get_bucket_policy(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_OFFERED:
            return f"{bucket}: the server takes no bucket policy ({code}); let everybody read it there"
        if code != "NoSuchBucketPolicy":
            raise
    else:
        return f"{bucket} has a policy, which stays"
    reading = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reading]}))
    return f"{bucket} may be read by everybody"


def _allow_origins(client: "S3Client", bucket: str, rule: "CORSRuleTypeDef") -> str:
    methods = " and ".join(rule["AllowedMethods"])
    try:
        client.get_bucket_cors(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_OFFERED:
            return f"{bucket}: the server takes no CORS rules ({code}); allow {methods} from any origin there"
        if code != "NoSuchCORSConfiguration":
            raise
    else:
        return f"{bucket} has CORS rules, which stay"
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    return f"{bucket} answers pages of any origin on {methods}"
