"""The embedded SeaweedFS: what anybody may do, what the key's owner may do, and what listens where."""

from dataclasses import replace
from pathlib import Path

import boto3
import httpx
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from controlplane.supervisor import programs
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.processes import running
from controlplane.supervisor.seaweedfs import SeaweedFS


def some_ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for name in SeaweedFS.port_names():
        ports[name] = choose_port(set(ports.values()))
    return ports


@pytest.fixture
def seaweedfs(directory: Path) -> SeaweedFS:
    """A store that has not been started yet."""
    return SeaweedFS(directory / "seaweedfs", some_ports(), access_key_id="owner", secret_access_key="right")


def client(seaweedfs: SeaweedFS, secret: str = "right"):
    return boto3.client(
        "s3",
        endpoint_url=seaweedfs.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="owner",
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def status_of(url: str, method: str = "GET") -> int:
    return httpx.request(method, url, content=b"x" if method == "PUT" else None).status_code


def test_only_the_owner_writes_and_anybody_reads_public_objects_alone(seaweedfs, directory):
    with running(seaweedfs.child(), log_directory=directory) as processes:
        store = client(seaweedfs)
        assert {bucket["Name"] for bucket in store.list_buckets()["Buckets"]} == {"assets-private", "assets-public"}
        for bucket in ("assets-private", "assets-public"):
            store.put_object(Bucket=bucket, Key="acme/logo.svg", Body=b"<svg/>", ContentType="image/svg+xml")

        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            client(seaweedfs, secret="wrong").list_buckets()
        url = seaweedfs.endpoint_url
        assert status_of(f"{url}/assets-public/acme/logo.svg") == 200
        assert status_of(f"{url}/assets-private/acme/logo.svg") == 403
        assert status_of(f"{url}/assets-public/") == 403
        assert status_of(f"{url}/") == 403
        assert status_of(f"{url}/assets-public/acme/other.svg", "PUT") == 403
        assert status_of(f"{url}/assets-public/acme/logo.svg", "DELETE") == 403

        server = psutil.Process(processes["seaweedfs"].pid)
        listening = {c.laddr for c in server.net_connections() if c.status == psutil.CONN_LISTEN}
        assert {address.ip for address in listening} == {"127.0.0.1"}
        assert {address.port for address in listening} == {*seaweedfs.ports.values(), seaweedfs.ports["admin"] + 10000}
        assert "right" not in " ".join(server.cmdline())
    assert not psutil.pid_exists(server.pid)


def test_objects_survive_a_kill_and_a_start_on_other_ports(seaweedfs, directory):
    with running(seaweedfs.child(), log_directory=directory) as processes:
        client(seaweedfs).put_object(Bucket="assets-public", Key="logo", Body=b"kept")
        processes["seaweedfs"].kill()
    moved = replace(seaweedfs, ports=some_ports())
    with running(moved.child(), log_directory=directory):
        assert client(moved).get_object(Bucket="assets-public", Key="logo")["Body"].read() == b"kept"


def test_a_missing_program_is_named(seaweedfs, directory, monkeypatch):
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(directory))
    monkeypatch.setenv("PATH", str(directory))
    with pytest.raises(StartError, match=r"The program of SeaweedFS is missing .*make clean up"):
        seaweedfs.child()
