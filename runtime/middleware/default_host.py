"""Where there is only one tenant and no control plane: the hosts on which that tenant is served.

Everywhere else an unknown host leads nowhere. Here, and only here, hosts that the settings list lead to the one
tenant, addresses such as ``127.0.0.1`` among them; any host does where ``*`` is listed.
"""

import ipaddress
import re
from collections.abc import Iterable

from runtime.asgi import ASGIApp, Receive, Scope, Send
from tenants.contract.hosts import InvalidHostError, normalise_host

__all__ = ["DefaultHost"]

ANY = "*"
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?")
_PORT = re.compile(rb":[0-9]{1,5}\Z")


class DefaultHost:
    """Answers for each accepted host as if the request named the tenant's own; others are passed on as they came."""

    def __init__(self, app: ASGIApp, *, accepted: Iterable[str], host: str) -> None:
        self._app = app
        self._accepted = {ANY if host == ANY else _comparable(host) for host in accepted} - {""}
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope; ``lifespan`` has no host."""
        if scope["type"] in ("http", "websocket"):
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            # Several hosts, or one that is none, are for the resolver to refuse.
            if len(hosts) == 1 and self._accepts(hosts[0]):
                scope = {**scope, "headers": self._renamed(scope["headers"], hosts[0])}
        await self._app(scope, receive, send)

    def _accepts(self, header: bytes) -> bool:
        host = _comparable(header.decode("ascii")) if header.isascii() else ""
        return bool(host) and (ANY in self._accepted or host in self._accepted)

    def _renamed(self, headers: Iterable[tuple[bytes, bytes]], asked: bytes) -> list[tuple[bytes, bytes]]:
        """Name the tenant's own host, in Origin too where the page came from the same place."""
        own = self._host.encode("ascii") + _port(asked)
        renamed = []
        for name, value in headers:
            if name == b"host":
                renamed.append((name, own))
            elif name == b"origin" and value.partition(b"://")[2].lower() == asked.lower():
                renamed.append((name, value.partition(b"://")[0] + b"://" + own))
            else:
                renamed.append((name, value))
        return renamed


def _comparable(value: str) -> str:
    """Return a host name or an IP address, with or without port, in its one form; an empty text for what is neither."""
    try:
        return normalise_host(value)
    except InvalidHostError:
        match = _ADDRESS.fullmatch(value)
        return _address((match["six"] or match["four"]) if match else value)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return ""


def _port(header: bytes) -> bytes:
    """Return ``:port`` of an accepted Host header that names one."""
    match = _PORT.search(header)
    return match[0] if match else b""
