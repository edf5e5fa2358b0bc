"""Questions to a service on the loopback interface: does it answer, and what."""

import http.client
import socket

__all__ = ["Answer", "accepts_connections", "ask"]

_TIMEOUT_SECONDS = 2.0

Answer = tuple[int, bytes]
"""Status and body of an HTTP answer."""


def accepts_connections(port: int) -> bool:
    """Tell whether something listens on 127.0.0.1:port."""
    try:
        socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True


def ask(port: int, path: str, *, host: str | None = None) -> Answer | None:
    """GET a path from 127.0.0.1:port under the given Host header; None when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
