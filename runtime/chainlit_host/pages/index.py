"""Seam: Chainlit's index page. Built once a revision, every value escaped, nothing fetched from third parties."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from chainlit.config import UISettings

from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.answers.content_policy import PageSources, content_security_policy, origins_in
from runtime.chainlit_host.answers.folders import ServedFolder
from runtime.chainlit_host.answers.static import StaticBody
from runtime.chainlit_host.apps.loading import LoadedApp
from runtime.chainlit_host.pages import brand
from runtime.chainlit_host.pages.app_theme import custom_fonts, read_app_theme, stock_variables
from runtime.chainlit_host.pages.fonts import BRAND_FAMILY
from runtime.chainlit_host.pages.frontend import Frontend
from runtime.chainlit_host.pages.marks import marks
from runtime.chainlit_host.pages.markup import head_elements, inline_script, script, script_with_data, stylesheet
from runtime.chainlit_host.pages.own_files import OwnFiles
from runtime.chainlit_host.pages.theme import Variables, theme_variables
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.tenancy import TenantHandle
from tenants.contract.access import PASSWORD_METHOD
from tenants.contract.state import AccessMode, AssetRole, TenantState

__all__ = ["Pages"]

# A page is asked for again on each visit, so that a new revision shows on the next request; 304 makes that cheap.
PAGE_CACHE = "no-cache"
THIRD_PARTY_LINK = re.compile(
    r'\s*<link\b[^>]*\bhref="https://(?:fonts\.googleapis\.com|fonts\.gstatic\.com|cdn\.jsdelivr\.net)[^"]*"[^>]*>'
)
FONT_BLOCK = re.compile(r"<!-- FONT START -->.*?<!-- FONT END -->", re.DOTALL)
OWN_MANIFEST = re.compile(r"<link\b[^>]*\brel=[\"']?manifest\b", re.IGNORECASE)


FORGOTTEN_PASSWORD = "/settings/reset/"  # noqa: S105 - an address, not a secret
SIGN_UP = "/settings/sign-up/"


PERMISSIONS = (
    "camera=(self), display-capture=(self), geolocation=(self), microphone=(self), "
    "hid=(), midi=(), payment=(), serial=(), usb=()"
)
"""The chat itself may listen, and its app's elements look; nothing that it frames may, and nobody reaches for devices.

Source: https://www.w3.org/TR/permissions-policy/
"""


class Pages:
    """Chainlit's page for every tenant.

    ``assets_base_url`` is where browsers find all tenants' published files, ``serves_files`` whether they find them on
    each tenant's host too. ``has_settings``: members who forgot their password choose another on the settings page.
    """

    def __init__(
        self,
        views: TenantViews,
        own_files: OwnFiles,
        *,
        build: Path,
        frontend: Frontend,
        platform_url: str,
        assets_base_url: str,
        serves_files: bool,
        has_settings: bool,
    ) -> None:
        self._views = views
        self._own_files = own_files
        self._build = build
        self._frontend = frontend
        self._addresses = PublicAddresses(platform_url)
        self._scheme = urlsplit(platform_url).scheme
        self._assets_base_url = assets_base_url
        self._serves_files = serves_files
        self._has_settings = has_settings
        self._stock = stock_variables(build)

    def of(self, handle: TenantHandle) -> StaticBody:
        """Return the tenant's page at its newest revision; raises ``AppUnavailableError``."""
        return handle.compiled("page", lambda _: self._compile(handle, self.shown_state(handle)))

    def build_of(self, app: LoadedApp) -> Path:
        """Return the folder of the frontend that an app shows: its own ``custom_build``, or Chainlit's."""
        own = app.folder / app.ui.custom_build if app.ui.custom_build else None
        return own if own is not None and (own / "index.html").is_file() else self._build

    def themes_of(self, handle: TenantHandle) -> Mapping[str, Variables]:
        """Return the CSS variables of the tenant's light and dark theme; made anew, since they stand in the page."""
        state, app_theme = handle.state, read_app_theme(self._views.of(handle).app.folder)
        own_font = BRAND_FAMILY if state.assets_of(AssetRole.FONT) else ""
        return theme_variables(
            state.branding,
            app_theme.get("variables") or {},
            self._stock,
            uploaded=state.theme,
            own_font=own_font,
        )

    def marks_of(self, handle: TenantHandle) -> Mapping[str, str]:
        """Return the marks by which an open page of the tenant sees what changed."""
        index = self.build_of(self._views.of(handle).app) / "index.html"
        # It names the frontend's files, and each of those carries a hash of its content.
        return handle.compiled("marks", lambda state: marks(state, frontend=index.read_text(encoding="utf-8")))

    def sign_in_of(self, state: TenantState) -> Mapping[str, object]:
        """Return what the page's script lays over Chainlit's sign-in: links, by what they lead to, and the order."""
        methods = state.access.methods if state.access.mode is AccessMode.MEMBERS else ()
        ids = [method.id for method in methods]
        links = {}
        if self._has_settings and PASSWORD_METHOD.id in ids:
            links["forgotten"] = FORGOTTEN_PASSWORD
        if self._has_settings and state.access.offers_sign_up:
            links["create"] = SIGN_UP
        listed = [PASSWORD_METHOD.id, *(method.id for method in state.access.providers)]
        first = next((method_id for method_id in ids if method_id in listed), PASSWORD_METHOD.id)
        return {"links": links, "providersFirst": first != PASSWORD_METHOD.id}

    def shown_state(self, handle: TenantHandle) -> TenantState:
        """Return the state with its files where the tenant's page looks for them."""
        if not self._serves_files:
            return handle.state
        return handle.compiled("shown_state", brand.with_own_stylesheet)

    def widget_theme_of(self, handle: TenantHandle) -> StaticBody:
        """Return ``/public/theme.json`` as the Copilot widget reads it: the tenant's theme, and fonts of our own."""
        return handle.compiled("widget_theme", lambda _: self._compile_widget_theme(handle, self.shown_state(handle)))

    def _compile_widget_theme(self, handle: TenantHandle, state: TenantState) -> StaticBody:
        fonts = custom_fonts(read_app_theme(self._views.of(handle).app.folder))
        host = self._addresses.of(state).removesuffix("/")
        # Where none are named the widget asks Google, from the page of whoever carries it.
        sheets = [*(fonts or [host + self._own_files.address("inter/inter.css")]), *brand.widget_sheets(state, host)]
        document = {"custom_fonts": sheets, "variables": self.themes_of(handle)}
        return StaticBody(json.dumps(document).encode(), content_type="application/json", cache_control=PAGE_CACHE)

    def _compile(self, handle: TenantHandle, state: TenantState) -> StaticBody:
        view = self._views.of(handle)
        fonts = custom_fonts(read_app_theme(view.app.folder))
        build = self.build_of(view.app)
        html = (build / "index.html").read_text(encoding="utf-8")
        is_stock = build == self._build
        if is_stock:
            html = self._frontend.placed(html)
        html = THIRD_PARTY_LINK.sub("", html)
        html = FONT_BLOCK.sub(lambda _: "".join(map(stylesheet, fonts)), html)
        head = self._head(state, view, with_manifest=not OWN_MANIFEST.search(html), prefix=handle.prefix)
        html = html.replace("<!-- TAG INJECTION PLACEHOLDER -->", head)
        scripts = self._live_script(handle, view.ui)
        scripts += _scripts(self.themes_of(handle), view.project.transports, view.ui) + brand.brand_script(state)
        html = html.replace("<!-- JS INJECTION PLACEHOLDER -->", scripts)
        sheets = self._stylesheets(view.ui, own_font=not fonts) + brand.brand_stylesheet(state)
        html = html.replace("<!-- CSS INJECTION PLACEHOLDER -->", sheets)
        policy = self._policy(html, state, view, fonts, self._frontend.sources if is_stock else {})
        return StaticBody(
            html.encode(),
            content_type="text/html; charset=utf-8",
            cache_control=PAGE_CACHE,
            headers=[
                (b"content-security-policy", policy.encode("latin-1")),
                (b"permissions-policy", PERMISSIONS.encode()),
                # Pages of sites that are not listed get no hold of this one's window, and are in no process with it.
                *(
                    []
                    if _listed_origins(state, view)
                    else [(b"cross-origin-opener-policy", b"same-origin-allow-popups")]
                ),
            ],
        )

    def _live_script(self, handle: TenantHandle, ui: UISettings) -> str:
        known = {"revision": handle.revision, "idle": handle.state.access.idle_seconds, **self.marks_of(handle)}
        if texts := brand.alternative_texts(handle.state, ui.login_page_image):
            known["alts"] = texts
        known |= self.sign_in_of(handle.state)
        if handle.is_preview:
            known["prefix"] = handle.prefix
        return script_with_data(self._own_files.address("live.js"), "live", known)

    def _stylesheets(self, ui: UISettings, *, own_font: bool) -> str:
        own = ["katex/katex.min.css", "sign-in.css", *(["inter/inter.css"] if own_font else [])]
        links = "".join(stylesheet(self._own_files.address(name)) for name in own)
        if ui.custom_css:
            links += stylesheet(ui.custom_css, ui.custom_css_attributes)
        return links

    def _policy(
        self,
        html: str,
        state: TenantState,
        view: TenantView,
        fonts: Collection[str],
        frontend: Mapping[str, Collection[str]],
    ) -> str:
        sources = PageSources(
            scheme=self._scheme,
            scripts=[view.ui.custom_js] if view.ui.custom_js else [],
            stylesheets=[*fonts, *_styles_named(view.app, view.ui)],
            framed_by=_listed_origins(state, view),
            added=_joined(view.app.page_sources, brand.brand_sources(state, self._assets_base_url), frontend),
        )
        return content_security_policy(html, sources)

    def _head(self, state: TenantState, view: TenantView, *, with_manifest: bool, prefix: str) -> str:
        ui, address = view.ui, self._addresses.of(state)
        elements = head_elements(
            name=ui.name,
            description=ui.description or "",
            canonical=address,
            prefix=prefix,
            shared_as=ui.custom_meta_url,
            image=brand.preview_image(state, address.removesuffix("/"), view.app.ui.custom_meta_image_url),
        )
        return f"{elements}\n    {brand.brand_head(state, with_manifest=with_manifest)}"


def _listed_origins(state: TenantState, view: TenantView) -> list[str]:
    """Return the other web sites that the tenant and the app's configuration name."""
    return [*state.access.allowed_origins, *(origin for origin in view.project.allow_origins or () if origin != "*")]


def _scripts(themes: Mapping[str, Variables], transports: list[str] | None, ui: UISettings) -> str:
    tags = inline_script({"theme": themes} | ({"transports": transports} if transports else {}))
    if ui.custom_js:
        tags += script(ui.custom_js, ui.custom_js_attributes)
    return tags


def _joined(*sources: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    joined: dict[str, list[str]] = defaultdict(list)
    for each in sources:
        for directive, values in each.items():
            joined[directive].extend(values)
    return joined


def _styles_named(app: LoadedApp, ui: UISettings) -> list[str]:
    """Return what the app's own stylesheet is or names: its address, or the origins of what it imports and shows."""
    address = ui.custom_css or ""
    if not address.startswith("/public/"):
        return [address]
    path = ServedFolder(app.folder / "public").find(address.removeprefix("/public/").partition("?")[0])
    return sorted(origins_in(path.read_text(encoding="utf-8", errors="replace"))) if path else []
