"""docker/seaweedfs.sh and docker/create_buckets.py, run against each other."""

import subprocess

import pytest

from tests.docker.conftest import Storage
from tests.docker.processes import DOCKER, request


@pytest.fixture(scope="module", autouse=True)
def objects(storage: Storage) -> None:
    """One object in each bucket."""
    for bucket in ("assets-private", "assets-public"):
        storage.put(bucket, "object", b"content")


def test_anyone_reads_an_object_of_the_public_bucket(storage):
    assert request(storage.port, "/assets-public/object").body == b"content"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/assets-public/"),
        ("GET", "/assets-private/"),
        ("GET", "/assets-private/object"),
        ("PUT", "/assets-public/object"),
        ("DELETE", "/assets-public/object"),
        ("PUT", "/assets-other"),
    ],
)
def test_nothing_else_is_possible_without_the_key(storage, method, path):
    assert request(storage.port, path, method=method, body=b"").status == 403


def test_a_key_that_would_break_the_configuration_is_refused():
    result = subprocess.run(
        ["sh", DOCKER / "seaweedfs.sh"],
        env={"S3_ACCESS_KEY_ID": "a", "S3_SECRET_ACCESS_KEY": 'b"}', "ASSETS_PUBLIC_BUCKET": "assets-public"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert "may hold letters" in result.stderr
