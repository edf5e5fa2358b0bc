"""The gateway: Caddy, which brings platform and tenants together on one port."""

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from controlplane.supervisor.files import write_atomically
from controlplane.supervisor.ports import ipv6_loopback_available
from controlplane.supervisor.probes import accepts_connections
from controlplane.supervisor.processes import Child
from controlplane.supervisor.programs import find_program
from controlplane.supervisor.unavailable import error_routes, without_server_header

__all__ = ["Caddy"]

STICKY_COOKIE = "runtime"
_BODY_LIMIT_BYTES = 64 * 1024 * 1024  # above every upload limit behind it, so that those give the better message
_WAIT_FOR_UPSTREAM = "1s"  # hides a quick restart; whatever takes longer gets the page that says so

Route = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caddy:
    """Caddy on the loopback interface, plain HTTP, with the routes of DESIGN.

    A platform host leads to the control plane and, under `/_assets/`, to the public bucket. Any other host leads to the
    control plane under `/settings` and to a runtime otherwise; a visitor stays with one runtime by a cookie. On every
    host a form posted to `/_uploads` reaches the private bucket, which judges it by its signed policy.
    Addresses of upstreams are `host:port`.
    """

    directory: Path
    port: int
    platform_hosts: tuple[str, ...]
    controlplane: str
    runtimes: tuple[str, ...]
    s3_endpoint_url: str
    private_bucket: str = "assets-private"
    public_bucket: str = "assets-public"
    cookie_secret: str = field(default="", repr=False)

    def child(self) -> Child:
        """Return the process to run; SIGUSR1 makes it read its configuration again. Raises StartError without Caddy."""
        return Child(
            name="gateway",
            argv=(str(find_program("caddy", title="Caddy")), "run", "--config", str(self.configuration_file)),
            environment={
                "PATH": os.defpath,
                "HOME": str(self.directory),
                "XDG_CONFIG_HOME": str(self.directory),
                "XDG_DATA_HOME": str(self.directory),
            },
            prepare=self.write_configuration,
            ready=self._answers,
            stop_signal=signal.SIGTERM,
            stop_grace_seconds=5.0,
        )

    @property
    def configuration_file(self) -> Path:
        """Where the configuration is written before each start."""
        return self.directory / "caddy.json"

    def write_configuration(self) -> None:
        """Write the configuration file, readable by this user alone: it holds the secret of the sticky cookie."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self.configuration_file, json.dumps(self.configuration(), indent=1))

    def configuration(self) -> dict[str, Any]:
        """Return Caddy's configuration (https://caddyserver.com/docs/json/)."""
        server = {
            "listen": [f"{host}:{self.port}" for host in self._listen_hosts()],
            "automatic_https": {"disable": True},
            "routes": [*_every_request(), self._uploads(), self._platform(), *self._tenant()],
            "errors": {"routes": error_routes()},
            "read_header_timeout": "10s",
            "max_header_bytes": 64 * 1024,
            "protocols": ["h1", "h2c"],
        }
        log = {"level": "WARN", "exclude": ["admin"], "encoder": {"format": "console", "level_format": "upper"}}
        return {
            "admin": {"disabled": True, "config": {"persist": False}},
            "storage": {"module": "file_system", "root": str(self.directory / "storage")},
            "logging": {"logs": {"default": log}},
            "apps": {"http": {"grace_period": "2s", "servers": {"gateway": server}}},
        }

    def _listen_hosts(self) -> list[str]:
        return ["127.0.0.1", "[::1]"] if ipv6_loopback_available() else ["127.0.0.1"]

    def _platform(self) -> Route:
        """Everything under a platform host, with or without the trailing dot of a full name."""
        hosts = [variant for host in self.platform_hosts for variant in (host, f"{host}.")]
        routes = [self._assets(), _proxy([self.controlplane], service="The control plane")]
        return _subroute(routes, match={"host": hosts})

    def _assets(self) -> Route:
        """The public bucket under /_assets/, read only, without whatever else S3 would understand of the request."""
        proxy = self._store()
        # A tenant's visitor learns that a file is not there, and nothing of the bucket.
        not_found: Route = {"handle": [{"handler": "static_response", "status_code": 404, "body": "Not found"}]}
        proxy["handle_response"] = [{"match": {"status_code": [4]}, "routes": [not_found]}]
        routes: list[Route] = [
            _only("GET", "HEAD"),
            {
                # Not path_regexp, which tidies the path first: one file has one address.
                "match": [{"vars_regexp": {"{http.request.uri.path}": {"name": "key", "pattern": _ASSET_PATH}}}],
                "handle": [
                    {"handler": "vars", "service": "The asset store"},
                    # Deferred: in the place of the store's own, of which a browser would take neither beside the other.
                    {"handler": "headers", "response": {"set": _ASSET_HEADERS, "deferred": True}},
                    {"handler": "rewrite", "uri": self._store_path(self.public_bucket, "{http.regexp.key.1}")},
                    proxy,
                ],
                "terminal": True,
            },
            not_found,
        ]
        return _subroute(routes, match={"path": ["/_assets/*"]})

    def _uploads(self) -> Route:
        """Posting a signed form to the private bucket, and nothing else of it: no query, no signature of a request."""
        routes: list[Route] = [
            _only("POST"),
            {
                "handle": [
                    {"handler": "vars", "service": "The file store"},
                    {"handler": "headers", "response": {"set": _UPLOAD_HEADERS}},
                    {"handler": "rewrite", "uri": self._store_path(self.private_bucket)},
                    self._store(),
                ]
            },
        ]
        return _subroute(routes, match={"path": ["/_uploads"]})

    def _store(self) -> dict[str, Any]:
        """The object store as an upstream.

        A signature, a cookie or a query (?acl, ?delete, ?list-type) would make it another request than the one that
        the route is for.
        """
        endpoint = urlsplit(self.s3_endpoint_url)
        secure = endpoint.scheme == "https"
        proxy = _reverse_proxy([f"{endpoint.hostname}:{endpoint.port or (443 if secure else 80)}"])
        proxy["headers"] = {"request": {"delete": ["Authorization", "Cookie", "X-Amz-*"]}}
        if endpoint.hostname != "127.0.0.1":  # a store elsewhere may serve several names
            proxy["headers"]["request"]["set"] = {"Host": ["{http.reverse_proxy.upstream.hostport}"]}
        if secure:
            proxy["transport"] = {"protocol": "http", "tls": {}}
        return proxy

    def _store_path(self, bucket: str, key: str = "") -> str:
        return f"{urlsplit(self.s3_endpoint_url).path.rstrip('/')}/{bucket}{key}?"

    def _tenant(self) -> list[Route]:
        settings = _proxy([self.controlplane], service="The settings page")
        settings["match"] = [{"path": ["/settings", "/settings/*"]}]
        settings["terminal"] = True
        chat = _proxy(self.runtimes, service="The chat service")
        if len(self.runtimes) > 1:
            policy = {"policy": "cookie", "name": STICKY_COOKIE, "secret": self.cookie_secret}
            chat["handle"][-1]["load_balancing"]["selection_policy"] = policy
            # A visitor whose runtime is gone moves to another one; that one is tried again after a moment.
            chat["handle"][-1]["health_checks"] = {"passive": {"fail_duration": "2s", "max_fails": 1}}
        return [settings, chat]

    def _answers(self) -> bool:
        return accepts_connections(self.port)


_ASSET_PATH = r"^/_assets((?:/[A-Za-z0-9_-][A-Za-z0-9._=-]*)+)$"
"""A key without empty, hidden or climbing segments, never a listing of the bucket."""

# Tenants on their own domains load images and fonts from here. Whatever a file holds, opened by itself it must not run
# as the platform's own page: operators are signed in on this host.
_ASSET_HEADERS = {
    "Access-Control-Allow-Origin": ["*"],
    "Cross-Origin-Resource-Policy": ["cross-origin"],
    "Content-Security-Policy": ["default-src 'none'; style-src 'unsafe-inline'; sandbox"],
    "X-Content-Type-Options": ["nosniff"],
}

_UPLOAD_HEADERS = {
    # The store says in XML why it refuses a form; a browser without scripts shows that as a page of this host.
    "Content-Security-Policy": ["default-src 'none'; sandbox"],
    "X-Content-Type-Options": ["nosniff"],
    "Cache-Control": ["no-store"],
}


def _only(*methods: str) -> Route:
    refusal = {"handler": "static_response", "status_code": 405, "headers": {"Allow": [", ".join(methods)]}}
    return {"match": [{"not": [{"method": list(methods)}]}], "handle": [refusal], "terminal": True}


def _every_request() -> list[Route]:
    return [
        {
            "handle": [
                without_server_header(),
                {"handler": "request_body", "max_size": _BODY_LIMIT_BYTES},
            ]
        }
    ]


def _subroute(routes: Sequence[Route], *, match: dict[str, Any]) -> Route:
    return {"match": [match], "handle": [{"handler": "subroute", "routes": list(routes)}], "terminal": True}


def _proxy(upstreams: Sequence[str], *, service: str) -> Route:
    """Proxy to upstreams; `service` is what the error page calls them."""
    return {"handle": [{"handler": "vars", "service": service}, _reverse_proxy(upstreams)]}


def _reverse_proxy(upstreams: Sequence[str]) -> dict[str, Any]:
    """Caddy passes Host on unchanged, sets X-Forwarded-For, -Proto and -Host anew, and tunnels websockets."""
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": upstream} for upstream in upstreams],
        "flush_interval": -1,
        "load_balancing": {"try_duration": _WAIT_FOR_UPSTREAM, "try_interval": "50ms"},
    }
