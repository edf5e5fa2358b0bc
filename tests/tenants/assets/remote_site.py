"""Another web site, from which a worker fetches a file when the test lets it answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["RemoteSite"]

_LIMIT_SECONDS = 60


class RemoteSite:
    """A site with one file. ``asked`` counts requests as they come, which are answered once ``answering`` is set."""

    def __init__(self, content: bytes, *, status: int = 200) -> None:
        self._status = status
        self.asked = threading.Semaphore(0)
        self.answering = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(content))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}/brand/hall.png"

    @contextmanager
    def serving(self) -> Iterator["RemoteSite"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.answering.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self, content: bytes) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.release()
                assert site.answering.wait(_LIMIT_SECONDS), "nobody let the site answer"
                try:
                    self.send_response(site._status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:  # whoever asked was killed meanwhile, as the test wants it
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Say nothing of each request."""

        return Handler
