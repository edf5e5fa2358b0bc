"""Seam: ``/logo``, ``/favicon``, ``/avatars``, ``/public`` and the frontend's files.

A tenant's published asset comes first (a redirect to its address), then the app's ``public/`` or build of its own, then
a wordmark made of the tenant's name.
"""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from chainlit.server import build_dir, copilot_build_dir
from starlette.exceptions import HTTPException
from starlette.requests import Request

from runtime.asgi import ASGIApp, Scope
from runtime.chainlit_host.answers.file_bodies import FileBodies
from runtime.chainlit_host.answers.folders import FolderListing, ServedFolder
from runtime.chainlit_host.answers.static import Redirect, StaticBody
from runtime.chainlit_host.apps.loading import LoadedApp
from runtime.chainlit_host.pages.index import Pages
from runtime.chainlit_host.pages.wordmark import monogram, wordmark
from runtime.chainlit_host.quick_routes import QuickAnswer, QuickRoutes
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.state import AssetRole, TenantState

__all__ = ["AssetRoutes"]

# A new logo must show on the next request, and so must a new file of the app.
CHANGING = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"
LOGO_ROLES = {
    "light": (AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK),
    "dark": (AssetRole.LOGO_DARK, AssetRole.LOGO_LIGHT),
}
"""Where a theme's logo comes from: a tenant with one logo shows it in both themes."""

THEMES = {b"": "light", b"theme=light": "light", b"theme=dark": "dark"}
_AVATAR = re.compile(r"[a-zA-Z0-9_ .-]+")


class AppFiles:
    """The folders of one app that are served."""

    def __init__(self, app: LoadedApp, build: Path, *, has_own_build: bool) -> None:
        public = app.folder / "public"
        self.public = ServedFolder(public)
        self.images = FolderListing(public)
        self.avatars = FolderListing(public / "avatars")
        self.frontend = ServedFolder(build / "assets")
        self.own_build = FolderListing(build) if has_own_build else None
        self.own_build_assets = FolderListing(build / "assets") if has_own_build else None


class AssetRoutes:
    """Answers with files; each is a ``QuickAnswer`` and also stands behind Chainlit's own route (``endpoint``)."""

    def __init__(self, views: TenantViews, pages: Pages) -> None:
        self._views = views
        self._pages = pages
        self._bodies = FileBodies()
        self._copilot = ServedFolder(Path(copilot_build_dir))
        self._files: WeakKeyDictionary[LoadedApp, AppFiles] = WeakKeyDictionary()

    def register(self, routes: QuickRoutes) -> None:
        """Offer these answers without FastAPI."""
        routes.add("/", self.page)
        routes.add("/login", self.page)
        routes.add("/logo", self.logo)
        routes.add("/favicon", self.favicon)
        routes.add("/avatars/", self.avatar)
        routes.add("/public/", self.public_file)
        routes.add("/assets/", self.frontend_file)
        routes.add("/copilot/", self.copilot_file)

    async def logo(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/logo?theme=light|dark``."""
        theme = _theme(scope["query_string"])
        if theme not in LOGO_ROLES:
            raise HTTPException(422, "The theme is light or dark.")
        published = handle.compiled(f"logo_{theme}", lambda state: _published(state, *LOGO_ROLES[theme]))
        if published is not None:
            return published
        files = self._of(view.app)
        own = files.images.find(f"logo_{theme}")
        if own is None and files.own_build_assets is not None:
            own = files.own_build_assets.find_beginning(f"logo_{theme}")
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return handle.compiled(f"wordmark_{theme}", lambda state: _picture(wordmark(state.branding, theme)))

    async def favicon(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/favicon``."""
        published = handle.compiled("favicon", lambda state: _published(state, AssetRole.FAVICON))
        if published is not None:
            return published
        files = self._of(view.app)
        own = files.images.find("favicon")
        if own is None and files.own_build is not None:
            own = files.own_build.find("favicon")
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return handle.compiled("monogram", lambda state: _picture(monogram(state.branding)))

    async def avatar(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/avatars/<author>`` from the app's ``public/avatars``, else with the favicon."""
        author = scope["path"].removeprefix("/avatars/")
        if "/" in author:
            return None
        if not _AVATAR.fullmatch(author):
            raise HTTPException(400, "Invalid avatar_id")
        if author == "default":
            author = view.ui.name
        own = self._of(view.app).avatars.find(re.sub(r"[ .]", "_", author.strip().lower()))
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return await self.favicon(handle, view, scope)

    async def public_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/public/...`` from the app's own folder; its theme is the tenant's, which the widget asks for."""
        name = scope["path"].removeprefix("/public/")
        if name == "theme.json":
            return self._pages.widget_theme_of(handle)
        return await self._file(self._of(view.app).public, name, CHANGING)

    async def frontend_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/assets/...``: names carry a hash of their content."""
        return await self._file(self._of(view.app).frontend, scope["path"].removeprefix("/assets/"), IMMUTABLE)

    async def copilot_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/copilot/...``, of which only the files under ``assets/`` carry a hash."""
        name = scope["path"].removeprefix("/copilot/")
        return await self._file(self._copilot, name, IMMUTABLE if name.startswith("assets/") else CHANGING)

    async def page(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer with the tenant's page."""
        return self._pages.of(handle)

    def endpoint(self, answer: QuickAnswer) -> Callable[[Request], Awaitable[ASGIApp]]:
        """Return an answer as an endpoint of Chainlit's router, for apps with routes or middleware of their own."""

        async def answer_request(request: Request) -> ASGIApp:
            handle = current_handle()
            if handle is None:
                raise NoTenantError
            found = await answer(handle, self._views.of(handle), request.scope)
            if found is None:
                raise HTTPException(404, "Not found")
            return found

        return answer_request

    async def _file(self, folder: ServedFolder, name: str, cache_control: str) -> ASGIApp:
        path = folder.find(name)
        body = None if path is None else await self._bodies.of(path, cache_control=cache_control)
        if body is None:
            raise HTTPException(404, "File not found")
        return body

    def _of(self, app: LoadedApp) -> AppFiles:
        files = self._files.get(app)
        if files is None:
            build = self._pages.build_of(app)
            files = self._files[app] = AppFiles(app, build, has_own_build=build != Path(build_dir))
        return files


@lru_cache(maxsize=64)
def _theme(query: bytes) -> str:
    # As Chainlit's page asks; anything else is taken apart as a query.
    return THEMES.get(query) or parse_qs(query.decode("latin-1")).get("theme", ["light"])[-1]


def _published(state: TenantState, *roles: AssetRole) -> Redirect | None:
    asset = next(filter(None, map(state.asset, roles)), None)
    return None if asset is None else Redirect(asset.url, cache_control=CHANGING)


def _picture(svg: bytes) -> StaticBody:
    return StaticBody(svg, content_type="image/svg+xml", cache_control=CHANGING)
