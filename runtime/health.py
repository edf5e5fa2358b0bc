"""The internal port: whether the process lives, whether it should get traffic, and what it counts."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from runtime.asgi import Headers, Receive, Scope, Send
from runtime.metrics import CONTENT_TYPE, Metrics

__all__ = ["InternalApp", "Readiness"]

_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8")]
_JSON: Headers = [(b"content-type", b"application/json")]


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """The parts that decide whether requests can be answered.

    ``states`` says whether their source is ``reachable``, ``stale`` (down, within the limit) or ``down``. A lost line
    (``listening``) is shown and does not decide: each request then asks the source.
    """

    serving: bool
    state_source: str
    states: str
    listening: bool
    tenants: int
    apps: list[str]
    broken_apps: dict[str, str] = field(default_factory=dict)
    missing_apps: dict[str, int] = field(default_factory=dict)
    """How many of the tenants held in memory name an app that cannot be served."""

    @property
    def ready(self) -> bool:
        """Say whether this process should get traffic."""
        return self.serving and self.states != "down" and bool(self.apps)


class InternalApp:
    """ASGI app of ``/healthz``, ``/readyz`` and ``/metrics``; never reachable through the gateway."""

    def __init__(self, metrics: Metrics, check: Callable[[], Readiness]) -> None:
        self._metrics = metrics
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` scope."""
        if scope["type"] != "http":
            raise NotImplementedError(f"The internal port does not speak {scope['type']}.")
        status, headers, body = self._answer(scope["method"], scope["path"])
        headers = [*headers, (b"content-length", str(len(body)).encode("ascii")), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> tuple[int, Headers, bytes]:
        if method not in ("GET", "HEAD"):
            return 405, [*_TEXT, (b"allow", b"GET, HEAD")], b"Only GET is answered here.\n"
        if path == "/healthz":
            return 200, _JSON, b'{"status": "ok"}'
        if path == "/readyz":
            readiness = self._check()
            body = {"status": "ready" if readiness.ready else "not ready", **asdict(readiness)}
            return (200 if readiness.ready else 503), _JSON, json.dumps(body).encode()
        if path == "/metrics":
            return 200, [(b"content-type", CONTENT_TYPE.encode("ascii"))], self._metrics.render()
        return 404, _TEXT, b"Here are /healthz, /readyz and /metrics.\n"
