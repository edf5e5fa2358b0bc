"""Seam: Chainlit's index page. Built once a revision, every value escaped, nothing fetched from third parties."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from chainlit.config import UISettings

from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.answers.content_policy import PageSources, content_security_policy, origins_in
from runtime.chainlit_host.answers.folders import ServedFolder
from runtime.chainlit_host.answers.static import StaticBody
from runtime.chainlit_host.apps.loading import LoadedApp
from runtime.chainlit_host.pages.marks import marks
from runtime.chainlit_host.pages.markup import head_elements, inline_script, script, script_with_data, stylesheet
from runtime.chainlit_host.pages.own_files import OwnFiles
from runtime.chainlit_host.pages.theme import Variables, theme_variables
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.tenancy import TenantHandle
from tenants.contract.state import AssetRole, TenantState

__all__ = ["Pages"]

log = structlog.get_logger(__name__)

# A page is asked for again on each visit, so that a new revision shows on the next request; 304 makes that cheap.
PAGE_CACHE = "no-cache"
THIRD_PARTY_LINK = re.compile(
    r'\s*<link\b[^>]*\bhref="https://(?:fonts\.googleapis\.com|fonts\.gstatic\.com|cdn\.jsdelivr\.net)[^"]*"[^>]*>'
)
FONT_BLOCK = re.compile(r"<!-- FONT START -->.*?<!-- FONT END -->", re.DOTALL)
STOCK_RULES = {
    "light": re.compile(r":root\{(--font-sans[^}]*)\}"),
    "dark": re.compile(r"\.dark\{(--background[^}]*)\}"),
}


class Pages:
    """Chainlit's page for every tenant."""

    def __init__(self, views: TenantViews, own_files: OwnFiles, *, build: Path, platform_url: str) -> None:
        self._views = views
        self._own_files = own_files
        self._build = build
        self._addresses = PublicAddresses(platform_url)
        self._scheme = urlsplit(platform_url).scheme
        self._stock = _stock_variables(build)

    def of(self, handle: TenantHandle) -> StaticBody:
        """Return the tenant's page at its newest revision; raises ``AppUnavailableError``."""
        return handle.compiled("page", lambda state: self._compile(handle, state))

    def build_of(self, app: LoadedApp) -> Path:
        """Return the folder of the frontend that an app shows: its own ``custom_build``, or Chainlit's."""
        own = app.folder / app.ui.custom_build if app.ui.custom_build else None
        return own if own is not None and (own / "index.html").is_file() else self._build

    def themes_of(self, handle: TenantHandle) -> Mapping[str, Variables]:
        """Return the CSS variables of the tenant's light and dark theme; made anew, since they stand in the page."""
        app_theme = _app_theme(self._views.of(handle).app.folder)
        return theme_variables(handle.state.branding, app_theme.get("variables") or {}, self._stock)

    def marks_of(self, handle: TenantHandle) -> Mapping[str, str]:
        """Return the marks by which an open page of the tenant sees what changed."""
        index = self.build_of(self._views.of(handle).app) / "index.html"
        # It names the frontend's files, and each of those carries a hash of its content.
        return handle.compiled("marks", lambda state: marks(state, frontend=index.read_text(encoding="utf-8")))

    def widget_theme_of(self, handle: TenantHandle) -> StaticBody:
        """Return ``/public/theme.json`` as the Copilot widget reads it: the tenant's theme, and fonts of our own."""
        return handle.compiled("widget_theme", lambda state: self._compile_widget_theme(handle, state))

    def _compile_widget_theme(self, handle: TenantHandle, state: TenantState) -> StaticBody:
        fonts = _custom_fonts(_app_theme(self._views.of(handle).app.folder))
        # Where none are named the widget asks Google, from the page of whoever carries it.
        own = self._addresses.of(state) + self._own_files.address("inter/inter.css").removeprefix("/")
        document = {"custom_fonts": fonts or [own], "variables": self.themes_of(handle)}
        return StaticBody(json.dumps(document).encode(), content_type="application/json", cache_control=PAGE_CACHE)

    def _compile(self, handle: TenantHandle, state: TenantState) -> StaticBody:
        view = self._views.of(handle)
        fonts = _custom_fonts(_app_theme(view.app.folder))
        html = (self.build_of(view.app) / "index.html").read_text(encoding="utf-8")
        html = THIRD_PARTY_LINK.sub("", html)
        html = FONT_BLOCK.sub(lambda _: "".join(map(stylesheet, fonts)), html)
        html = html.replace("<!-- TAG INJECTION PLACEHOLDER -->", self._head(state, view.ui))
        scripts = self._live_script(handle)
        scripts += _scripts(self.themes_of(handle), view.project.transports, view.ui)
        html = html.replace("<!-- JS INJECTION PLACEHOLDER -->", scripts)
        html = html.replace("<!-- CSS INJECTION PLACEHOLDER -->", self._stylesheets(view.ui, own_font=not fonts))
        return StaticBody(
            html.encode(),
            content_type="text/html; charset=utf-8",
            cache_control=PAGE_CACHE,
            headers=[(b"content-security-policy", self._policy(html, state, view, fonts).encode("latin-1"))],
        )

    def _live_script(self, handle: TenantHandle) -> str:
        known = {"revision": handle.revision, **self.marks_of(handle)}
        return script_with_data(self._own_files.address("live.js"), "live", known)

    def _stylesheets(self, ui: UISettings, *, own_font: bool) -> str:
        own = ["katex/katex.min.css", *(["inter/inter.css"] if own_font else [])]
        links = "".join(stylesheet(self._own_files.address(name)) for name in own)
        if ui.custom_css:
            links += stylesheet(ui.custom_css, ui.custom_css_attributes)
        return links

    def _policy(self, html: str, state: TenantState, view: TenantView, fonts: Collection[str]) -> str:
        listed = [origin for origin in view.project.allow_origins or () if origin != "*"]
        sources = PageSources(
            scheme=self._scheme,
            scripts=[view.ui.custom_js] if view.ui.custom_js else [],
            stylesheets=[*fonts, *_styles_named(view.app, view.ui)],
            framed_by=[*state.access.allowed_origins, *listed],
            added=view.app.page_sources,
        )
        return content_security_policy(html, sources)

    def _head(self, state: TenantState, ui: UISettings) -> str:
        return head_elements(
            name=ui.name,
            description=ui.description or "",
            canonical=self._addresses.of(state),
            shared_as=ui.custom_meta_url,
            image=ui.custom_meta_image_url or self._image(state),
        )

    def _image(self, state: TenantState) -> str | None:
        logo = state.asset(AssetRole.LOGO_LIGHT) or state.asset(AssetRole.LOGO_DARK)
        if logo is None:
            return None
        return f"{self._addresses.of(state)}{logo.url.removeprefix('/')}" if logo.url.startswith("/") else logo.url


def _scripts(themes: Mapping[str, Variables], transports: list[str] | None, ui: UISettings) -> str:
    tags = inline_script({"theme": themes} | ({"transports": transports} if transports else {}))
    if ui.custom_js:
        tags += script(ui.custom_js, ui.custom_js_attributes)
    return tags


def _custom_fonts(app_theme: Mapping[str, Any]) -> list[str]:
    """Return the stylesheets of fonts that the app's own theme.json asks for."""
    fonts = app_theme.get("custom_fonts")
    return [str(font) for font in fonts] if isinstance(fonts, list) else []


def _styles_named(app: LoadedApp, ui: UISettings) -> list[str]:
    """Return what the app's own stylesheet is or names: its address, or the origins of what it imports and shows."""
    address = ui.custom_css or ""
    if not address.startswith("/public/"):
        return [address]
    path = ServedFolder(app.folder / "public").find(address.removeprefix("/public/").partition("?")[0])
    return sorted(origins_in(path.read_text(encoding="utf-8", errors="replace"))) if path else []


def _app_theme(folder: Path) -> dict[str, Any]:
    path = folder / "public" / "theme.json"
    if not path.is_file():
        return {}
    try:
        theme = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        log.warning("app_theme_unreadable", path=str(path))
        return {}
    return theme if isinstance(theme, dict) else {}


def _stock_variables(build: Path) -> dict[str, Variables]:
    """Return Chainlit's own variables of both themes, from the stylesheet of its frontend."""
    css = "".join(path.read_text(encoding="utf-8") for path in (build / "assets").glob("index-*.css"))
    stock: dict[str, Variables] = {}
    for theme, rule in STOCK_RULES.items():
        match = rule.search(css)
        if match is None:
            log.warning("stock_theme_unreadable", theme=theme)
            continue
        pairs = (declaration.partition(":")[::2] for declaration in match[1].split(";") if declaration)
        stock[theme] = {name.strip(): value.strip() for name, value in pairs}
    return stock
