"""Seam: ``/logo``, ``/favicon``, ``/avatars``, ``/public`` and the frontend's files.

A tenant's published asset comes first (a redirect to its address), then the app's ``public/`` or build of its own, then
a wordmark made of the tenant's name.
"""

import re
from pathlib import Path

from chainlit.server import build_dir, copilot_build_dir
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse

from runtime.asgi import ASGIApp
from runtime.chainlit_host.pages import Pages
from runtime.chainlit_host.static import FileBodies, StaticBody
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.chainlit_host.wordmark import monogram, wordmark
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.state import AssetRole

__all__ = ["AssetRoutes"]

# A new logo must show on the next request, and so must a new file of the app.
CHANGING = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"
_AVATAR = re.compile(r"[a-zA-Z0-9_ .-]+")


class AssetRoutes:
    """Endpoints that answer with files."""

    def __init__(self, views: TenantViews, pages: Pages) -> None:
        self._views = views
        self._pages = pages
        self._bodies = FileBodies()

    async def logo(self, request: Request) -> ASGIApp:
        """Answer ``/logo?theme=light|dark``; a tenant with one logo shows it in both themes."""
        theme = request.query_params.get("theme", "light")
        if theme not in {"light", "dark"}:
            raise HTTPException(422, "The theme is light or dark.")
        handle, view = self._current()
        roles = (AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK)
        asset = next(filter(None, map(handle.state.asset, roles if theme == "light" else reversed(roles))), None)
        if asset is not None:
            return _redirect(asset.url)
        own = _first(view.app.folder / "public", f"logo_{theme}.*")
        if own is None and self._has_own_build(view):
            own = _first(self._pages.build_of(view.app) / "assets", f"logo_{theme}*.*")
        if own is not None:
            return await self._bodies.of(own, cache_control=CHANGING)
        return handle.compiled(f"wordmark_{theme}", lambda state: _picture(wordmark(state.branding, theme)))

    async def favicon(self, request: Request) -> ASGIApp:
        """Answer ``/favicon``."""
        handle, view = self._current()
        if asset := handle.state.asset(AssetRole.FAVICON):
            return _redirect(asset.url)
        own = _first(view.app.folder / "public", "favicon.*")
        if own is None and self._has_own_build(view):
            own = _first(self._pages.build_of(view.app), "favicon.svg")
        if own is not None:
            return await self._bodies.of(own, cache_control=CHANGING)
        return handle.compiled("monogram", lambda state: _picture(monogram(state.branding)))

    async def avatar(self, request: Request) -> ASGIApp:
        """Answer ``/avatars/<author>`` from the app's ``public/avatars``, else with the favicon."""
        author = request.path_params["avatar_id"]
        if not _AVATAR.fullmatch(author):
            raise HTTPException(400, "Invalid avatar_id")
        _, view = self._current()
        if author == "default":
            author = view.ui.name
        stem = re.sub(r"[ .]", "_", author.strip().lower())
        # Glob characters cannot occur in the pattern above, but a tenant's display name may hold them.
        own = _first(view.app.folder / "public" / "avatars", f"{re.sub(r'[^a-z0-9_-]', '?', stem)}.*")
        if own is None:
            return await self.favicon(request)
        return await self._bodies.of(own, cache_control=CHANGING)

    async def public_file(self, request: Request) -> ASGIApp:
        """Answer ``/public/...`` from the app's own folder."""
        _, view = self._current()
        path = _inside(view.app.folder / "public", request.path_params["filename"])
        return FileResponse(path, headers={"cache-control": CHANGING, "x-content-type-options": "nosniff"})

    async def frontend_file(self, request: Request) -> ASGIApp:
        """Answer ``/assets/...``: names carry a hash of their content."""
        _, view = self._current()
        path = _inside(self._pages.build_of(view.app) / "assets", request.path_params["filename"])
        return await self._bodies.of(path, cache_control=IMMUTABLE)

    async def copilot_file(self, request: Request) -> ASGIApp:
        """Answer ``/copilot/...``, of which only the files under ``assets/`` carry a hash."""
        name = request.path_params["filename"]
        path = _inside(Path(copilot_build_dir), name)
        return await self._bodies.of(path, cache_control=IMMUTABLE if name.startswith("assets/") else CHANGING)

    async def page(self, request: Request) -> ASGIApp:
        """Answer every other path with the tenant's page."""
        handle, _ = self._current()
        return self._pages.of(handle)

    def _has_own_build(self, view: TenantView) -> bool:
        return self._pages.build_of(view.app) != Path(build_dir)

    def _current(self) -> tuple[TenantHandle, TenantView]:
        handle = current_handle()
        if handle is None:
            raise NoTenantError
        return handle, self._views.of(handle)


def _picture(svg: bytes) -> StaticBody:
    return StaticBody(svg, content_type="image/svg+xml", cache_control=CHANGING)


def _redirect(url: str) -> ASGIApp:
    return RedirectResponse(url, status_code=307, headers={"cache-control": CHANGING})


def _first(folder: Path, pattern: str) -> Path | None:
    return min(folder.glob(pattern), default=None)


def _inside(folder: Path, name: str) -> Path:
    """Return an existing file below ``folder``, or raise HTTP 404; links and dots cannot lead out of it."""
    folder = folder.resolve()
    path = (folder / name.lstrip("/")).resolve() if "\x00" not in name else folder
    if not path.is_relative_to(folder) or not path.is_file():
        raise HTTPException(404, "File not found")
    return path
