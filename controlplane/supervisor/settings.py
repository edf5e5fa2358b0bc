"""The supervisor's settings: from the environment and the command line, read here alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.supervisor.developed_app import DevelopedApp, find_app
from controlplane.supervisor.errors import StartError

__all__ = ["CHECKOUT", "EXAMPLES", "SupervisorSettings"]

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples"
_LAST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class SupervisorSettings:
    """What `make up` can be told. A service whose URL is given is used as it is instead of an embedded one."""

    port: int
    data_directory: Path
    demo: bool
    runtime_count: int
    platform_url: str
    platform_hosts: tuple[str, ...]
    tenant_base_domain: str
    private_bucket: str
    public_bucket: str
    postgres_programs: Path | None
    database_url: str | None = field(repr=False)
    redis_url: str | None = field(repr=False)
    s3_endpoint_url: str | None
    app: DevelopedApp | None
    inherited: Mapping[str, str] = field(repr=False)
    """The environment that the children start from."""

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        data_directory: Path | None = None,
        demo: bool = True,
        app: Path | None = None,
    ) -> "SupervisorSettings":
        """Read and check all settings; arguments go before the environment. Raises StartError that names a bad one."""
        values = dict(os.environ if environment is None else environment)
        chosen_port = _number(values, "PORT", 8000, last=_LAST_PORT) if port is None else port
        if not 1 <= chosen_port <= _LAST_PORT:
            raise StartError(f"--port is {chosen_port}, but must be a number from 1 to {_LAST_PORT}.")
        if app is not None and not demo:
            raise StartError("--app makes a demo tenant for the app, so it does not go together with --no-demo.")
        programs = values.get("PG_BIN_DIR")
        hosts = [host.strip() for host in values.get("PLATFORM_HOSTS", "localhost,127.0.0.1").split(",")]
        return cls(
            port=chosen_port,
            data_directory=(data_directory or Path(values.get("DATA_DIR") or CHECKOUT / ".data")).absolute(),
            demo=demo,
            runtime_count=_number(values, "RUNTIME_COUNT", 1, last=64),
            platform_url=(values.get("PLATFORM_URL") or f"http://localhost:{chosen_port}").rstrip("/"),
            platform_hosts=tuple(host for host in hosts if host) or ("localhost",),
            tenant_base_domain=values.get("TENANT_BASE_DOMAIN") or "localhost",
            private_bucket=values.get("ASSETS_PRIVATE_BUCKET") or "assets-private",
            public_bucket=values.get("ASSETS_PUBLIC_BUCKET") or "assets-public",
            postgres_programs=Path(programs).absolute() if programs else None,
            database_url=values.get("DATABASE_URL") or None,
            redis_url=values.get("REDIS_URL") or None,
            s3_endpoint_url=values.get("S3_ENDPOINT_URL") or None,
            app=None if app is None else find_app(app, among=Path(values.get("CHAINLIT_APPS_DIR") or EXAMPLES)),
            inherited=values,
        )


def _number(values: Mapping[str, str], name: str, default: int, *, last: int) -> int:
    text = values.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= last:
        raise StartError(f"{name} is {text!r}, but must be a number from 1 to {last}.")
    return int(text)
