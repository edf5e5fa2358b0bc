"""What visitors ask for most, answered without the way through FastAPI's forty routes and its middleware.

Only for apps that left Chainlit's routes as they are; the same answers stand behind those routes for all others. What
is ours alone is answered before any app's routes.
"""

from collections.abc import Awaitable, Callable

from runtime.asgi import ASGIApp, Scope
from runtime.chainlit_host.view import TenantView
from runtime.tenancy import TenantHandle

__all__ = ["QuickAnswer", "QuickRoutes"]

QuickAnswer = Callable[[TenantHandle, TenantView, Scope], Awaitable[ASGIApp | None]]
"""Finds the answer to a GET or HEAD; None leaves the request to Chainlit's own routes and error handlers.

It runs with the tenant bound and must not wait for anything slower than a file's status: that belongs in a thread.
"""


class QuickRoutes:
    """Paths with the answers they lead to."""

    def __init__(self) -> None:
        self._exact: dict[str, QuickAnswer] = {}
        self._below: dict[str, QuickAnswer] = {}
        self._always: set[QuickAnswer] = set()

    def add(self, path: str, answer: QuickAnswer, *, always: bool = False) -> None:
        """Answer one path, or everything below a first segment when the path ends with a slash (``/assets/``).

        ``always`` also answers for apps with routes or middleware of their own.
        """
        if always:
            self._always.add(answer)
        (self._below if path.endswith("/") and path != "/" else self._exact)[path] = answer

    def is_ours(self, answer: QuickAnswer) -> bool:
        """Say whether an answer comes before the routes of every app."""
        return answer in self._always

    def find(self, scope: Scope) -> QuickAnswer | None:
        """Return what answers an ``http`` scope, or None."""
        if scope["method"] not in {"GET", "HEAD"}:
            return None
        path: str = scope["path"]
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        end = path.find("/", 1) + 1
        return self._below.get(path[:end]) if end else None
