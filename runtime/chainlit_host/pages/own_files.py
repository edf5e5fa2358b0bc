"""Fonts and stylesheets that the page takes from us in the place of third parties, in memory under a versioned path."""

import hashlib
import mimetypes
from functools import cached_property
from pathlib import Path

from starlette.responses import PlainTextResponse

from runtime.asgi import ASGIApp, Scope
from runtime.chainlit_host.answers.static import StaticBody
from runtime.chainlit_host.quick_routes import QuickRoutes
from runtime.chainlit_host.view import TenantView
from runtime.tenancy import TenantHandle

__all__ = ["FOLDER", "OwnFiles"]

PREFIX = "/_static/"
FOLDER = Path(__file__).resolve().parents[2] / "page_files"
SERVED = (".css", ".js", ".svg", ".woff2")
IMMUTABLE = "public, max-age=31536000, immutable"


class OwnFiles:
    """All of them, read once; the version in their path is a hash of their names and contents."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in SERVED
        }
        self._bodies: dict[tuple[str, str], StaticBody] = {}

    @cached_property
    def version(self) -> str:
        """What changes with any of the files."""
        digest = hashlib.sha256()
        for name, content in self._contents.items():
            digest.update(f"{name}\n{len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Return where browsers find a file, such as ``inter/inter.css``; raises ``KeyError`` for one there is not."""
        if name not in self._contents:
            raise KeyError(name)
        return f"{PREFIX}{self.version}/{name}"

    def register(self, routes: QuickRoutes) -> None:
        """Offer the files on every tenant's host."""
        routes.add(PREFIX, self.answer, always=True)

    async def answer(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer one file. Of another version it is not to be kept: a page of before or after an update asks for it."""
        version, _, name = scope["path"].removeprefix(PREFIX).partition("/")
        if name not in self._contents:
            return PlainTextResponse("File not found", 404, headers={"cache-control": "no-store"})
        cache_control = IMMUTABLE if version == self.version else "no-cache"
        if (name, cache_control) not in self._bodies:
            self._bodies[name, cache_control] = self._body(name, cache_control)
        return self._bodies[name, cache_control]

    def _body(self, name: str, cache_control: str) -> StaticBody:
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if content_type.startswith("text/"):
            content_type += "; charset=utf-8"
        # Fonts are fetched with CORS: the widget's, from the page of another site.
        headers = [(b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin")]
        content = self._contents[name]
        return StaticBody(content, content_type=content_type, cache_control=cache_control, headers=headers)
