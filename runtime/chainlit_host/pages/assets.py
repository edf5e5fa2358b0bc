"""Seam: ``/logo``, ``/favicon``, ``/avatars``, ``/public`` and the frontend's files.

A tenant's published file comes first, then the app's ``public/`` or build of its own, then a wordmark made of the
tenant's name. Pictures are redirects to the file that suits the browser; what code fetches is answered here, since the
page's own client asks with credentials, which a CDN's answer for anybody does not fit.
"""

import json
import mimetypes
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from chainlit.server import build_dir, copilot_build_dir
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from runtime.asgi import ASGIApp, Scope
from runtime.chainlit_host.answers.file_bodies import FileBodies
from runtime.chainlit_host.answers.folders import FolderListing, ServedFolder
from runtime.chainlit_host.answers.static import Redirect, StaticBody
from runtime.chainlit_host.apps.loading import LoadedApp
from runtime.chainlit_host.pages.brand import FONTS_PATH
from runtime.chainlit_host.pages.index import Pages
from runtime.chainlit_host.pages.own_files import FOLDER
from runtime.chainlit_host.pages.tenant_files import CHANGING, LOGO_ROLES, avatars, favicon, fonts, login_image, logo
from runtime.chainlit_host.pages.web_manifest import MANIFEST_PATH, web_manifest
from runtime.chainlit_host.pages.wordmark import monogram, wordmark
from runtime.chainlit_host.quick_routes import QuickAnswer, QuickRoutes
from runtime.chainlit_host.view import LOGIN_IMAGE_PATH, TenantView, TenantViews
from runtime.published.files import PublishedFiles
from runtime.published.keys import key_of_asset
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.state import Asset, AssetRole, TenantState, Theme

__all__ = ["AssetRoutes"]

IMMUTABLE = "public, max-age=31536000, immutable"
WIDGET_FONTS = b"\n" + (FOLDER / "widget.js").read_bytes()
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

    def __init__(self, views: TenantViews, pages: Pages, published: PublishedFiles) -> None:
        self._views = views
        self._pages = pages
        self._published = published
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
        routes.add(MANIFEST_PATH, self.page)
        routes.add("/_brand/", self.brand_file, always=True)

    async def logo(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/logo?theme=light|dark``."""
        theme = _theme(scope["query_string"])
        if theme not in LOGO_ROLES:
            raise HTTPException(422, "The theme is light or dark.")
        published = handle.compiled(f"logo_{theme}", lambda state: logo(state, theme))
        if published is not None:
            return published
        files = self._of(view.app)
        own = files.images.find(f"logo_{theme}")
        if own is None and files.own_build_assets is not None:
            own = files.own_build_assets.find_beginning(f"logo_{theme}")
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return handle.compiled(f"wordmark_{theme}", lambda state: _drawing(wordmark(state.branding, theme)))

    async def favicon(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/favicon``."""
        published = handle.compiled("favicon", favicon)
        if published is not None:
            return published
        files = self._of(view.app)
        own = files.images.find("favicon")
        if own is None and files.own_build is not None:
            own = files.own_build.find("favicon")
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return handle.compiled("monogram", lambda state: _drawing(monogram(state.branding)))

    async def avatar(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/avatars/<author>`` with the tenant's, from the app's ``public/avatars``, else with the favicon."""
        author = scope["path"].removeprefix("/avatars/")
        if "/" in author:
            return None
        if not _AVATAR.fullmatch(author):
            raise HTTPException(400, "Invalid avatar_id")
        if author == "default":
            author = view.ui.name
        author = re.sub(r"[ .]", "_", author.strip().lower())
        published = handle.compiled("avatars", avatars).get(author)
        if published is not None:
            return published
        own = self._of(view.app).avatars.find(author)
        if own is not None and (body := await self._bodies.of(own, cache_control=CHANGING)):
            return body
        return await self.favicon(handle, view, scope)

    async def public_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/public/...`` with the tenant's file, else the app's; the theme is made of both, for the widget."""
        name = scope["path"].removeprefix("/public/")
        if name == "theme.json":
            return self._pages.widget_theme_of(handle)
        published = handle.compiled("public_files", _public_files).get(name)
        if published is not None and published.url != scope["path"]:
            key = key_of_asset(published, handle.state.id)
            answer = None if key is None else self._published.answer(key, cache_control=CHANGING)
            return answer or Redirect(published.url, cache_control=CHANGING)
        return await self._file(self._of(view.app).public, name, CHANGING)

    async def frontend_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/assets/...``: names carry a hash of their content."""
        return await self._file(self._of(view.app).frontend, scope["path"].removeprefix("/assets/"), IMMUTABLE)

    async def copilot_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/copilot/...``, of which only the files under ``assets/`` carry a hash."""
        name = scope["path"].removeprefix("/copilot/")
        more = WIDGET_FONTS if name == "index.js" and handle.state.assets_of(AssetRole.FONT) else b""
        return await self._file(self._copilot, name, IMMUTABLE if name.startswith("assets/") else CHANGING, more)

    async def page(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer with the tenant's page, or its web app manifest: a path of which Chainlit itself knows nothing."""
        if scope["path"] == MANIFEST_PATH:
            return handle.compiled("web_manifest", lambda state: self._web_manifest(view, state))
        return self._pages.of(handle)

    async def brand_file(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer ``/_brand/...``: what pages show of a tenant beside all that Chainlit asks for."""
        if scope["path"] == LOGIN_IMAGE_PATH:
            found: ASGIApp | None = handle.compiled("login_image", login_image)
        elif scope["path"] == FONTS_PATH:
            found = handle.compiled("fonts", fonts)
        else:
            found = None
        return found or PlainTextResponse("File not found", 404, headers={"cache-control": "no-store"})

    def _web_manifest(self, view: TenantView, state: TenantState) -> StaticBody:
        own = self._of(view.app).images.find("favicon")
        document = web_manifest(
            state,
            name=view.ui.name,
            description=view.ui.description or "",
            theme=Theme.DARK if view.ui.default_theme == "dark" else Theme.LIGHT,
            fallback_icon=(mimetypes.guess_type(own.name)[0] if own else None) or "image/svg+xml",
        )
        body = json.dumps(document, ensure_ascii=False).encode()
        return StaticBody(body, content_type="application/manifest+json", cache_control=CHANGING)

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

    async def _file(self, folder: ServedFolder, name: str, cache_control: str, more: bytes = b"") -> ASGIApp:
        path = folder.find(name)
        body = None if path is None else await self._bodies.of(path, cache_control=cache_control, more=more)
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


def _public_files(state: TenantState) -> dict[str, Asset]:
    return {asset.name: asset for asset in state.assets_of(AssetRole.PUBLIC_FILE)}


def _drawing(svg: bytes) -> StaticBody:
    return StaticBody(svg, content_type="image/svg+xml", cache_control=CHANGING)
