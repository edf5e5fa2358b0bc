"""What stands behind the gateway in these tests: small real servers on loopback that say what reached them."""

import json
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

__all__ = ["controlplane", "name_server", "runtime"]

PADDING = "compressible " * 200  # above the size below which Caddy does not compress


@contextmanager
def controlplane() -> Iterator[int]:
    """An HTTP server that answers what it received; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received = {
                "name": "controlplane",
                "path": self.path,
                "host": self.headers["Host"],
                "scheme": self.headers["X-Forwarded-Proto"],
                "read": len(self.rfile.read(int(self.headers.get("Content-Length", 0)))),
            }
            body = json.dumps(received).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # the gateway hangs up when it has refused the rest of a body
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *arguments: object) -> None:
            """Keep quiet: the test's assertions tell what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, running(server):
        yield server.server_address[1]


@contextmanager
def runtime(address: str, port: int = 0) -> Iterator[int]:
    """A server for HTTP and websockets, which echo; yields its port. Answers name its address."""

    def respond(connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        received = {
            "name": "runtime",
            "address": address,
            "path": request.path,
            "host": request.headers["Host"],
            "padding": PADDING,
        }
        body = json.dumps(received).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
        return Response(200, "OK", headers, body)

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            host = connection.request.headers["Host"]
            connection.send(json.dumps({"address": address, "host": host, "said": message}))

    with serve(echo, address, port, process_request=respond) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def name_server(*addresses: str) -> Iterator[int]:
    """A DNS server as a container engine runs one: every name has all ``addresses`` (A records); yields its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, socket = self.request
            end = query.index(b"\0", 12) + 5  # the name's end, then type and class
            question = query[12:end]
            is_address_query = question[-4:-2] == b"\0\1"
            records = b"".join(
                struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + IPv4Address(address).packed
                for address in addresses
                if is_address_query
            )
            counts = struct.pack("!HHHH", 1, len(addresses) if is_address_query else 0, 0, 0)
            socket.sendto(query[:2] + b"\x81\x80" + counts + question + records, self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server, running(server):
        yield server.server_address[1]


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread, and stop at the end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
