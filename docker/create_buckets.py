"""Create the private and the public bucket where they are missing; safe to repeat."""

import os
import sys

import boto3
from botocore.exceptions import ClientError

__all__ = ["main"]

ALREADY_THERE = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou"}


def main() -> int:
    """Read the S3_* and ASSETS_* variables, create both buckets, return the exit status."""
    storage = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["S3_SECRET_ACCESS_KEY"],
        region_name=os.environ.get("S3_REGION", "us-east-1"),
    )
    for bucket in (os.environ["ASSETS_PRIVATE_BUCKET"], os.environ["ASSETS_PUBLIC_BUCKET"]):
        try:
            storage.create_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ALREADY_THERE:
                raise
            sys.stdout.write(f"{bucket} is already there\n")
        else:
            sys.stdout.write(f"{bucket} created\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
