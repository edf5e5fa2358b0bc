"""Tiny servers to stand behind the gateway: each says who it is and what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from websockets.sync.server import ServerConnection, serve

__all__ = ["Upstream", "chat", "listening"]


class Upstream(BaseHTTPRequestHandler):
    """Answers every request with the server's name, the path and the headers it received."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        received = len(self.rfile.read(length))
        answer = {"who": self.server.who, "path": self.path, "received": received, "headers": dict(self.headers)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if origin := self.headers.get("Origin"):
            # As object stores do.
            self.send_header("Access-Control-Allow-Origin", origin)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@contextmanager
def listening(who: str, *, port: int = 0) -> Iterator[str]:
    """Run an upstream called `who`; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Upstream)
    server.who = who
    with _in_thread(server):
        yield f"127.0.0.1:{server.server_address[1]}"


@contextmanager
def chat() -> Iterator[str]:
    """Run a websocket server that sends back what it hears with the Host it was called by; yield its address."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(f"{connection.request.headers['Host']} {message}")

    with serve(echo, "127.0.0.1", 0) as server, _in_thread(server):
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"


@contextmanager
def _in_thread(server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        if isinstance(server, ThreadingHTTPServer):
            server.server_close()
        thread.join()
