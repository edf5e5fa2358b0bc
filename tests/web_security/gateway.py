"""A gateway with TLS before the tests' runtime, and another web site beside it."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.programs import find_program
from tests.running_stack import wait_until

SITE = "shop.localhost"


class Gateway:
    """Chats at ``https://<tenant>.localhost:<port>``; ``show`` says what the other site, of its own domain, has."""

    def __init__(self, folder: Path, tenants: Iterable[str]) -> None:
        self._hosts = [SITE, *(f"{slug}.localhost" for slug in tenants)]
        self.port = choose_port()
        self.site = f"https://{SITE}:{self.port}"
        self._folder = folder
        self._pages = folder / "site"
        self._pages.mkdir(parents=True)

    def chat(self, slug: str) -> str:
        """Return a tenant's address, without a closing slash."""
        return f"https://{slug}.localhost:{self.port}"

    def show(self, html: str) -> None:
        """Have the other site show a page."""
        (self._pages / "index.html").write_text(html, encoding="utf-8")

    @contextmanager
    def running(self, runtime_port: int) -> Iterator[None]:
        """Lead to a runtime, with certificates of an authority that nobody else trusts."""
        configuration = self._folder / "caddy.json"
        configuration.write_text(json.dumps(self._configuration(runtime_port)), encoding="utf-8")
        with (self._folder / "caddy.log").open("wb") as log:
            process = subprocess.Popen(
                [find_program("caddy", title="Caddy"), "run", "--config", str(configuration)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._has_certificates, what="the gateway")
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)

    def _has_certificates(self) -> bool:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for host in self._hosts:
            with socket.create_connection(("127.0.0.1", self.port), 5) as plain:
                context.wrap_socket(plain, server_hostname=host).close()
        return True

    def _configuration(self, runtime_port: int) -> dict[str, Any]:
        site = {"match": [{"host": [SITE]}], "handle": [{"handler": "file_server", "root": str(self._pages)}]}
        chat = {"handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": f"127.0.0.1:{runtime_port}"}]}]}
        server = {
            "listen": [f"127.0.0.1:{self.port}"],
            "routes": [{**site, "terminal": True}, chat],
            "tls_connection_policies": [{}],
            "automatic_https": {"disable": True},
        }
        issuer = {"subjects": self._hosts, "issuers": [{"module": "internal"}]}
        return {
            "admin": {"disabled": True, "config": {"persist": False}},
            "storage": {"module": "file_system", "root": str(self._folder / "storage")},
            "apps": {
                "http": {"servers": {"site": server}},
                "tls": {"automation": {"policies": [issuer]}, "certificates": {"automate": self._hosts}},
                "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
            },
        }
