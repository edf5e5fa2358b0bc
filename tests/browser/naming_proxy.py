"""A proxy before the gateway that has signed people in: a Caddy of its own, which names one person on each port."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.probes import accepts_connections
from controlplane.supervisor.programs import find_program
from tests.running_stack import wait_until

__all__ = ["naming_proxy"]


@contextmanager
def naming_proxy(folder: Path, gateway: int, *, secret: str, people: Mapping[str, str]) -> Iterator[dict[str, int]]:
    """Run the proxy before a gateway's port; yields the port of each of the people, given as name and e-mail."""
    ports: dict[str, int] = {}
    for name in people:
        ports[name] = choose_port(set(ports.values()))
    servers = {
        name: {
            "listen": [f"127.0.0.1:{ports[name]}"],
            "automatic_https": {"disable": True},
            "routes": [{"handle": [_passing_on(gateway, secret, email)]}],
        }
        for name, email in people.items()
    }
    configuration = folder / "proxy.json"
    configuration.write_text(
        json.dumps({"admin": {"disabled": True}, "apps": {"http": {"grace_period": "1s", "servers": servers}}})
    )
    process = subprocess.Popen(
        [str(find_program("caddy", title="Caddy")), "run", "--config", str(configuration)],
        env={"PATH": os.defpath, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        for port in ports.values():
            wait_until(lambda port=port: accepts_connections(port), what="the proxy")
        yield ports
    finally:
        process.terminate()
        process.wait(timeout=20)


def _passing_on(gateway: int, secret: str, email: str) -> dict[str, object]:
    """Put these headers in the place of what the visitor sent, and pass everything else on, sockets too."""
    named = {"X-Forwarded-Email": [email], "X-Trusted-Proxy-Secret": [secret]}
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{gateway}"}],
        "headers": {"request": {"set": named}},
        "flush_interval": -1,
    }
