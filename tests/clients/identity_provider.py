"""An OpenID Connect provider for tests: oidc-provider-mock in a process of its own, where anybody may sign in."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from controlplane.supervisor.ports import choose_port


@contextmanager
def identity_provider() -> Iterator[str]:
    """Run a provider on a free port and yield its address."""
    url = f"http://127.0.0.1:{(port := choose_port())}"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def sign_in_there(authorization_url: str, subject: str) -> str:
    """Sign in at the provider as a person would; return the address that it sends the browser back to."""
    answer = httpx.post(authorization_url, data={"sub": subject}, trust_env=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "The identity provider ended."
        try:
            httpx.get(f"{url}/.well-known/openid-configuration", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("The identity provider did not answer.")
