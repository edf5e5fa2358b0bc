"""An embedded SeaweedFS: the S3 store of assets and files."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.supervisor.files import write_atomically
from controlplane.supervisor.probes import ask
from controlplane.supervisor.processes import Child
from controlplane.supervisor.programs import find_program

__all__ = ["SeaweedFS"]

_PORT_OPTIONS = {
    "s3": "s3.port",
    "s3-grpc": "s3.port.grpc",
    "master": "master.port",
    "master-grpc": "master.port.grpc",
    "volume": "volume.port",
    "volume-grpc": "volume.port.grpc",
    "filer": "filer.port",
    "filer-grpc": "filer.port.grpc",
    # Its gRPC port stays the default, 10,000 above: the workers inside look for it there whatever the option says.
    "admin": "admin.port",
}
_UNIX_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes


@dataclass(frozen=True, slots=True)
class SeaweedFS:
    """SeaweedFS as one process on the loopback interface, with two buckets.

    `ports` holds a free port for each name in `port_names()`.
    Anyone may read objects of the public bucket; nothing else is possible without the access key.
    """

    directory: Path
    ports: dict[str, int]
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    private_bucket: str = "assets-private"
    public_bucket: str = "assets-public"

    @staticmethod
    def port_names() -> tuple[str, ...]:
        """Return the names of all ports SeaweedFS needs: it runs five servers in one process."""
        return tuple(_PORT_OPTIONS)

    @property
    def endpoint_url(self) -> str:
        """S3_ENDPOINT_URL of this server."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    def child(self) -> Child:
        """Return the process to run. Raises StartError when the program is missing."""
        return Child(
            name="seaweedfs",
            argv=(str(find_program("weed", title="SeaweedFS")), "mini", *self._options()),
            # Nothing is inherited: SeaweedFS would take AWS_* and S3_* variables for its own settings.
            environment={"PATH": os.defpath, "HOME": str(self.directory), "GOMEMLIMIT": "256MiB"},
            directory=self.directory.parent,
            prepare=self._prepare,
            ready=self._has_buckets,
            stop_grace_seconds=5.0,  # it sometimes never ends by itself; its files survive a kill
            quiet=True,
        )

    def _options(self) -> list[str]:
        options = {
            "dir": str(self.directory / "data"),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.config": str(self._identities_file),
            # In this order: the probe takes the public bucket as the sign that both exist.
            "bucket": f"{self.private_bucket},{self.public_bucket}",
            "master.telemetry": "false",
            "admin.ui": "false",
            "webdav": "false",
            "s3.port.iceberg": "0",
            "s3.port.lance": "0",
            "volume.preStopSeconds": "0",
        }
        options |= {option: str(self.ports[name]) for name, option in _PORT_OPTIONS.items()}
        for server in ("s3", "filer"):
            socket = self.directory / f"{server}.sock"  # otherwise left behind in /tmp, open to every local user
            if len(os.fsencode(socket)) < _UNIX_SOCKET_PATH_LIMIT:
                options[f"{server}.localSocket"] = str(socket)
        return [f"-{name}={value}" for name, value in options.items()]

    @property
    def _identities_file(self) -> Path:
        return self.directory / "identities.json"

    def _prepare(self) -> None:
        (self.directory / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        owner = {
            "name": "owner",
            "credentials": [{"accessKey": self.access_key_id, "secretKey": self.secret_access_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        anonymous = {"name": "anonymous", "actions": [f"Read:{self.public_bucket}"]}
        write_atomically(self._identities_file, json.dumps({"identities": [owner, anonymous]}))

    def _has_buckets(self) -> bool:
        """Ask without credentials for an object that cannot exist: the answer names what is missing."""
        answer = ask(self.ports["s3"], f"/{self.public_bucket}/.ready")
        return answer is not None and b"NoSuchKey" in answer[1]
