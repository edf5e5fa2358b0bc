"""Web servers that behave as they are told: well, slowly, endlessly, or like no server at all."""

import contextlib
import datetime
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Server", "authority", "ok", "redirect", "serving"]

Answer = Callable[["Server", socket.socket], None]


class Server:
    """A listening socket; ``requests`` holds what came in, ``names`` what TLS clients asked for."""

    def __init__(self, listener: socket.socket, answer: Answer, context: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.port: int = listener.getsockname()[1]
        self._listener, self._answer, self._context = listener, answer, context
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        """Close everything and wait for all threads."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # Whoever is tried here may hang up at any time, also amid a handshake.
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.settimeout(30)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with contextlib.closing(connection):
                received = b""
                while not _is_whole(received) and (data := connection.recv(65536)):
                    received += data
                if received:
                    self.requests.append(received)
                    self._answer(self, connection)


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@contextlib.contextmanager
def serving(answer: Answer, *, address: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on a free port of a loopback address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 0), family=family)
    server = Server(listener, answer, context)
    if context:
        context.sni_callback = lambda _socket, name, _context: server.names.append(name)
    try:
        yield server
    finally:
        server.stop()


def ok(content: bytes, *, status: str = "200 OK", headers: str = "") -> Answer:
    """Return an answer with a body."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nContent-Type: image/png\r\n{headers}\r\n"
    return lambda _server, connection: connection.sendall(head.encode() + content)


def redirect(location: str, *, status: str = "302 Found") -> Answer:
    """Return an answer that leads on."""
    return ok(b"elsewhere", status=status, headers=f"Location: {location}\r\nSet-Cookie: seen=1\r\n")


def authority(directory: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return contexts of a server that has a certificate for the names, and of a client that trusts its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = directory / "certificate.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
