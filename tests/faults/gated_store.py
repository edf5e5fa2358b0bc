"""The object store behind a gate: a request that is named is held, before or after the store has answered it.

So a worker can be killed exactly between two of its steps, without a hook in the product: it waits for an answer that
the test has in its hand.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

__all__ = ["Gate", "GatedStore"]

_LIMIT_SECONDS = 60


@dataclass
class Gate:
    """One request that is held: the first of a method on a bucket, once ``skip`` others have passed."""

    method: str
    bucket: str
    after: bool = False
    skip: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def wait_reached(self) -> None:
        """Wait until the request is held."""
        assert self.reached.wait(_LIMIT_SECONDS), f"no {self.method} on {self.bucket} came"

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is the one to hold; asked once for each request."""
        if self.reached.is_set() or method != self.method or not path.startswith(f"/{self.bucket}"):
            return False
        self.skip -= 1
        return self.skip < 0

    def hold(self) -> None:
        """Hold the request until the gate is opened."""
        self.reached.set()
        assert self.opened.wait(_LIMIT_SECONDS), "nobody opened the gate"


class GatedStore:
    """A proxy before a store. ``address`` takes the store's place; without a gate all passes."""

    def __init__(self, store: str) -> None:
        self._store = urlsplit(store).netloc
        self._gate: Gate | None = None
        self._away = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator["GatedStore"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    @contextmanager
    def held(self, gate: Gate) -> Iterator[Gate]:
        """Hold the gate's request; it is let go when the block ends."""
        self._gate = gate
        try:
            yield gate
        finally:
            self._gate = None
            gate.opened.set()

    def go_away(self) -> None:
        """Answer every request from now on as a store does that cannot."""
        self._away = True

    def come_back(self) -> None:
        """Pass requests on again."""
        self._away = False

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                gate = proxy._gate
                held = gate if gate and gate.matches(self.command, self.path) else None
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if held and not held.after:
                    held.hold()
                status, headers, content = proxy._ask(self.command, self.path, dict(self.headers), body)
                if held and held.after:
                    held.hold()
                try:
                    self._answer(status, headers, content)
                except OSError:  # whoever asked was killed meanwhile, as the test wants it
                    self.close_connection = True

            def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing of each request."""

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - http.server's names

        return Handler

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the store with the same headers, Host too: the request is signed with them."""
        if self._away:
            return 503, [("Content-Length", "0")], b""
        connection = http.client.HTTPConnection(self._store, timeout=_LIMIT_SECONDS)
        sent = {name: value for name, value in headers.items() if name.lower() not in {"expect", "connection"}}
        try:
            connection.request(method, path, body=body or None, headers=sent)
            response = connection.getresponse()
            content = response.read()
            kept = [
                item for item in response.getheaders() if item[0].lower() not in {"connection", "transfer-encoding"}
            ]
            if not any(name.lower() == "content-length" for name, _ in kept):
                kept.append(("Content-Length", str(len(content))))
            return response.status, kept, content
        finally:
            connection.close()
