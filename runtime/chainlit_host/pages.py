"""Seam: Chainlit's index page. Built once a revision, every value escaped, nothing fetched from third parties."""

import json
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from chainlit.config import UISettings

from runtime.chainlit_host.apps import LoadedApp
from runtime.chainlit_host.static import StaticBody
from runtime.chainlit_host.theme import Variables, theme_variables
from runtime.chainlit_host.view import TenantViews
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
# KaTeX writes each formula twice, as MathML and as HTML that needs KaTeX's own stylesheet and fonts, which Chainlit
# takes from a CDN. Browsers draw the MathML by themselves.
MATHEMATICS_STYLE = "<style>.katex-html{display:none}</style>"


class Pages:
    """Chainlit's page for every tenant."""

    def __init__(self, views: TenantViews, *, build: Path, platform_url: str) -> None:
        self._views = views
        self._build = build
        self._platform = urlsplit(platform_url)
        self._stock = _stock_variables(build)

    def of(self, handle: TenantHandle) -> StaticBody:
        """Return the tenant's page at its newest revision; raises ``AppUnavailableError``."""
        return handle.compiled("page", lambda state: self._compile(handle, state))

    def build_of(self, app: LoadedApp) -> Path:
        """Return the folder of the frontend that an app shows: its own ``custom_build``, or Chainlit's."""
        own = app.folder / app.ui.custom_build if app.ui.custom_build else None
        return own if own is not None and (own / "index.html").is_file() else self._build

    def _compile(self, handle: TenantHandle, state: TenantState) -> StaticBody:
        view = self._views.of(handle)
        app_theme = _app_theme(view.app.folder)
        themes = theme_variables(state.branding, app_theme.get("variables") or {}, self._stock)
        html = (self.build_of(view.app) / "index.html").read_text(encoding="utf-8")
        html = THIRD_PARTY_LINK.sub("", FONT_BLOCK.sub(lambda _: _font_links(app_theme), html))
        html = html.replace("<!-- TAG INJECTION PLACEHOLDER -->", self._head(state, view.ui))
        html = html.replace("<!-- JS INJECTION PLACEHOLDER -->", _scripts(themes, view.project.transports, view.ui))
        style = MATHEMATICS_STYLE if view.features.latex else ""
        html = html.replace("<!-- CSS INJECTION PLACEHOLDER -->", style + _stylesheet(view.ui))
        return StaticBody(html.encode(), content_type="text/html; charset=utf-8", cache_control=PAGE_CACHE)

    def _head(self, state: TenantState, ui: UISettings) -> str:
        address = ui.custom_meta_url or self._address(state)
        image = ui.custom_meta_image_url or self._image(state)
        properties = {
            "og:type": "website",
            "og:title": ui.name,
            "og:description": ui.description or "",
            "og:url": address,
            "og:root_path": "",
        }
        if image:
            properties["og:image"] = image
        return "\n    ".join(
            [
                f"<title>{escape(ui.name)}</title>",
                '<link rel="icon" href="/favicon" />',
                f'<link rel="canonical" href="{escape(self._address(state))}" />',
                f'<meta name="description" content="{escape(ui.description or "")}">',
                *(f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items()),
            ]
        )

    def _address(self, state: TenantState) -> str:
        """Return where the tenant is reached: its canonical host, on the scheme and port of the platform."""
        port = f":{self._platform.port}" if self._platform.port else ""
        return f"{self._platform.scheme}://{state.hosts[0]}{port}/"

    def _image(self, state: TenantState) -> str | None:
        logo = state.asset(AssetRole.LOGO_LIGHT) or state.asset(AssetRole.LOGO_DARK)
        if logo is None:
            return None
        return f"{self._address(state)}{logo.url.removeprefix('/')}" if logo.url.startswith("/") else logo.url


def _scripts(themes: Mapping[str, Variables], transports: list[str] | None, ui: UISettings) -> str:
    statements = [f"window.theme = {_script_json(themes)};"]
    if transports:
        statements.append(f"window.transports = {_script_json(transports)};")
    tags = f"<script>{' '.join(statements)}</script>"
    if ui.custom_js:
        tags += f'<script src="{escape(ui.custom_js)}"{_attributes(ui.custom_js_attributes)}></script>'
    return tags


def _stylesheet(ui: UISettings) -> str:
    if not ui.custom_css:
        return ""
    attributes = _attributes(ui.custom_css_attributes)
    return f'<link rel="stylesheet" type="text/css" href="{escape(ui.custom_css)}"{attributes}>'


def _font_links(app_theme: Mapping[str, Any]) -> str:
    """Return the stylesheets of fonts that the app's own theme.json asks for."""
    fonts = app_theme.get("custom_fonts") or []
    return "".join(f'<link rel="stylesheet" href="{escape(str(font))}">' for font in fonts)


def _script_json(value: object) -> str:
    """Return JSON that can stand inside a script element: it cannot end it, nor begin a comment."""
    text = json.dumps(value)  # ASCII only, so U+2028 and U+2029 are escaped too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _attributes(text: str | None) -> str:
    """Return the attributes of config.toml's ``custom_*_attributes`` written anew, so that they stay attributes."""
    if not text:
        return ""
    parser = _AttributeParser()
    parser.feed(f"<x {text}>")
    parser.close()
    return "".join(f' {name}="{escape(value or "")}"' for name, value in parser.attributes)


class _AttributeParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "x" and not self.attributes:
            self.attributes = [(name, value) for name, value in attrs if re.fullmatch(r"[a-z][a-z0-9:-]*", name)]


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
