"""An OpenID Connect provider in a process of its own: oidc-provider-mock, which knows nothing of us."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from controlplane.supervisor.ports import choose_port
from tests.running_stack import wait_until

__all__ = ["running_provider"]


@contextmanager
def running_provider(log: Path, *people: dict[str, object]) -> Iterator[str]:
    """Run a provider that knows these people, by their claims; yield its issuer."""
    port = choose_port(set())
    known = [argument for claims in people for argument in ("--user-claims", json.dumps(claims))]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *known],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        issuer = f"http://localhost:{port}"
        wait_until(lambda: httpx.get(f"{issuer}/jwks").status_code == 200, seconds=60, what="the provider")
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=30)
