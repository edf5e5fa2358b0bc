"""The gateway of docker/Caddyfile and the storage of docker/seaweedfs.sh, each run once for all tests here."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.docker import upstreams
from tests.docker.processes import DOCKER, PROGRAMS, free_port, started

RUNTIME_ADDRESSES = ("127.0.0.1", "127.0.0.2")


@dataclass(frozen=True, slots=True)
class Storage:
    """A running SeaweedFS and the environment that leads to it."""

    port: int
    environment: dict[str, str]

    def put(self, bucket: str, key: str, body: bytes, **properties: str) -> None:
        """Store an object with the owner's key."""
        with closing(self._client()) as client:
            client.put_object(Bucket=bucket, Key=key, Body=body, **properties)

    def form(self, bucket: str, key: str) -> dict[str, str]:
        """Return the signed fields with which a browser may store one object of up to ten bytes."""
        with closing(self._client()) as client:
            conditions = [["content-length-range", 1, 10]]
            fields: dict[str, str] = client.generate_presigned_post(bucket, key, Conditions=conditions)["fields"]
        return fields

    def get(self, bucket: str, key: str) -> bytes:
        """Return an object's content."""
        with closing(self._client()) as client:
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.environment["S3_ENDPOINT_URL"],
            aws_access_key_id=self.environment["S3_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["S3_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )


@pytest.fixture(scope="package")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """SeaweedFS as the storage image starts it, on free ports."""
    folder = tmp_path_factory.mktemp("storage")
    (folder / "objects").mkdir()
    port = free_port()
    environment = {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_ACCESS_KEY_ID": "tests",
        "S3_SECRET_ACCESS_KEY": "tests-secret",
        "ASSETS_PRIVATE_BUCKET": "assets-private",
        "ASSETS_PUBLIC_BUCKET": "assets-public",
    }
    ports = [f"-{name}={free_port()}" for name in ("master.port", "volume.port", "filer.port", "s3.port.grpc")]
    ports += [f"-{name}={free_port()}" for name in ("master.port.grpc", "volume.port.grpc", "filer.port.grpc")]
    sockets = [f"-{server}.localSocket={folder}/{server}.sock" for server in ("s3", "filer")]
    with started(
        ["sh", DOCKER / "seaweedfs.sh", f"-s3.port={port}", "-volume.preStopSeconds=0", *ports, *sockets],
        environment={
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
            "HOME": str(folder),
            "SEAWEEDFS_BIND": "127.0.0.1",
            "SEAWEEDFS_RUN_DIR": str(folder),
            "SEAWEEDFS_DATA_DIR": str(folder / "objects"),
            **environment,
        },
        health=(port, "/healthz"),
        log=folder / "log",
    ):
        for _ in range(2):  # the second run finds them there
            subprocess.run([sys.executable, DOCKER / "create_buckets.py"], env=environment, check=True)
        yield Storage(port, environment)


@contextmanager
def caddy(folder: Path, upstreams_environment: dict[str, str]) -> Iterator[int]:
    """Caddy with the very file of the image; yields its port."""
    port, health_port = free_port(), free_port()
    environment = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "GATEWAY_BIND": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_HEALTH_PORT": str(health_port),
        "GATEWAY_COOKIE_SECRET": "tests-cookie-secret",
        "GATEWAY_TRUSTED_PROXIES": "192.0.2.1/32",
        "PLATFORM_HOSTS": "localhost, platform.example",
        **upstreams_environment,
    }
    command = [PROGRAMS / "caddy", "run", "--config", DOCKER / "Caddyfile", "--adapter", "caddyfile"]
    health = (health_port, "/healthz")
    # Caddy opens its ports one after the other, in no order of ours.
    with started(command, environment=environment, health=health, log=folder / "log", listening=[port]):
        yield port


@pytest.fixture(scope="package")
def gateway(tmp_path_factory: pytest.TempPathFactory, storage: Storage) -> Iterator[int]:
    """The gateway before a control plane, the storage and two runtimes that answer to one name, as replicas do."""
    with ExitStack() as stack:
        runtime_port = 0
        for address in RUNTIME_ADDRESSES:
            runtime_port = stack.enter_context(upstreams.runtime(address, runtime_port))
        environment = {
            "GATEWAY_RESOLVERS": f"127.0.0.1:{stack.enter_context(upstreams.name_server(*RUNTIME_ADDRESSES))}",
            "RUNTIME_PORT": str(runtime_port),
            "CONTROLPLANE_UPSTREAM": f"127.0.0.1:{stack.enter_context(upstreams.controlplane())}",
            "STORAGE_UPSTREAM": f"127.0.0.1:{storage.port}",
        }
        yield stack.enter_context(caddy(tmp_path_factory.mktemp("gateway"), environment))
