"""An OpenID Connect provider over a real socket that tells the truth, or whatever else a test has it say."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "LyingProvider", "running_provider"]

CLIENT_ID, CLIENT_SECRET = "client-1", "the client's secret"
Reply = tuple[int, dict[str, str], bytes]


def as_json(value: object, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class LyingProvider:
    """``claims``, ``header``, ``key`` and ``replies`` (by path) are a test's to change; ``asked`` is what came in."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key: RSAKey | ECKey | OctKey = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.published = [self.key]
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self.id_token: str | None = None
        self.replies: dict[str, Callable[[], Reply]] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self._journeys: dict[str, dict[str, str]] = {}

    def authorize(self, url: str, **claims: Any) -> dict[str, str]:
        """Do what somebody does in a browser who says yes; return the query that they come back with."""
        sent = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/authorize?")
        code = hashlib.sha256(sent["state"].encode()).hexdigest()
        self._journeys[code] = sent
        self.claims = {"email": "ann@acme.example", "email_verified": True, "name": "Ann Lee", **claims}
        return {"code": code, "state": sent["state"]}

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
        self.published, self.header = [self.key], {"alg": "RS256", "kid": kid}

    def questions(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(asked == path for asked, _, _ in self.asked)

    def answer(self, path: str, headers: dict[str, str], form: dict[str, str]) -> Reply:
        """Answer a request of the service."""
        self.asked.append((path, headers, form))
        if path in self.replies:
            return self.replies[path]()
        match path:
            case "/.well-known/openid-configuration":
                return as_json({**self._own_configuration(), **self.configuration})
            case "/jwks":
                return as_json(KeySet(self.published).as_dict(private=False))
            case "/token":
                return self._token(headers, form)
            case "/userinfo":
                return as_json(self.userinfo)
        return as_json({}, 404)

    def _own_configuration(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        more = {"userinfo_endpoint": "userinfo", "end_session_endpoint": "logout"}
        return {
            "issuer": self.issuer,
            "id_token_signing_alg_values_supported": ["RS256"],
            **{name: f"{self.issuer}/{path}" for name, path in (paths | more).items()},
        }

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> Reply:
        sent = self._journeys.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if sent is None or challenge.decode() != sent["code_challenge"] or sent["code_challenge_method"] != "S256":
            return as_json({"error": "invalid_grant"}, 400)
        if headers.get("authorization") != f"Basic {basic}" or form["redirect_uri"] != sent["redirect_uri"]:
            return as_json({"error": "invalid_client"}, 401)
        now = int(time.time())
        frame = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "ann-1", "iat": now, "exp": now + 300}
        claims = {**frame, "nonce": sent.get("nonce"), **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.id_token or jwt.encode(
            self.header, claims, self.key, registry=jws.JWSRegistry(algorithms=[self.header["alg"]])
        )
        return as_json({"access_token": "access-1", "token_type": "Bearer", "expires_in": 300, "id_token": token})


Provider = TypeVar("Provider", bound=LyingProvider)


@contextmanager
def running_provider(make: Callable[[int], Provider] = LyingProvider) -> Iterator[Provider]:
    """Serve a provider on a free port until the block ends; ``make`` is given the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply({name: values[0] for name, values in parse_qs(body).items()})

        def _reply(self, form: dict[str, str]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, sent, body = provider.answer(urlsplit(self.path).path, headers, form)
            self.send_response(status)
            for name, value in {**sent, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: what was asked is in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = make(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
