"""Ports on the loopback interface: is one free, and which one does a service get."""

import contextlib
import json
import random
import socket
from pathlib import Path

from controlplane.supervisor.files import write_atomically

__all__ = ["PortBook", "choose_port", "ipv6_loopback_available", "is_free"]

# Below the range from which the kernel takes ports for outgoing connections (32768 and up on Linux, 49152 on macOS),
# so that no client connection can sit on a service's port while that service restarts.
_CANDIDATES = range(20000, 32000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on `port` now. Raises PermissionError for a port this user may not have."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not count
        try:
            probe.bind((host, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def ipv6_loopback_available() -> bool:
    """Tell whether ::1 exists here (containers often have none)."""
    try:
        return is_free(0, "::1")
    except OSError:
        return False


def choose_port(taken: set[int] | frozenset[int] = frozenset()) -> int:
    """Return a free port that is not in `taken`."""
    while True:
        port = random.choice(_CANDIDATES)  # noqa: S311 - spreading, not secrecy
        if port not in taken and is_free(port):
            return port


class PortBook:
    """Ports by name, kept in a file so that a second start finds the same ones, as far as they are still free."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports: dict[str, int] = {}
        self._remembered: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError):  # no book yet, or a spoiled one: new ports are as good
            content = json.loads(path.read_text())
            self._remembered = {name: port for name, port in content.items() if isinstance(port, int)}

    def port(self, name: str) -> int:
        """Return the port of `name`, the remembered one if it is free."""
        if name not in self._ports:
            remembered = self._remembered.get(name)
            taken = set(self._ports.values())
            reuse = remembered is not None and remembered not in taken and is_free(remembered)
            self._ports[name] = remembered if reuse and remembered is not None else choose_port(taken)
            write_atomically(self._path, json.dumps(self._remembered | self._ports, indent=1))
        return self._ports[name]
