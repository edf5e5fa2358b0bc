"""The Chainlit server as one ASGI application for all tenants, with its start and end."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from chainlit.markdown import get_markdown_str
from chainlit.server import SOCKET_IO_PATH, build_dir, sio
from chainlit.server import app as chainlit_app
from starlette.exceptions import HTTPException

from runtime.asgi import ASGIApp, Receive, Scope, Send
from runtime.async_generators import follow_async_generators
from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.app_paths import install_app_paths
from runtime.chainlit_host.apps import AppLibrary, AppUnavailableError, LoadedApp, app_scope
from runtime.chainlit_host.assets import AssetRoutes
from runtime.chainlit_host.auth import SignIn
from runtime.chainlit_host.chat_clock import ChatClock
from runtime.chainlit_host.children import install_children
from runtime.chainlit_host.config import install_config
from runtime.chainlit_host.cookies import with_secure_cookies
from runtime.chainlit_host.data_layer import DataLayers
from runtime.chainlit_host.environ import forget_environment, install_environ
from runtime.chainlit_host.history.conversations import Conversations
from runtime.chainlit_host.history.sockets import install_sockets
from runtime.chainlit_host.hooks import ErrorReports
from runtime.chainlit_host.identity_providers import POSTED_BACK, IdentityProviders
from runtime.chainlit_host.injection import install_injection
from runtime.chainlit_host.live_page import LivePage
from runtime.chainlit_host.origins import (
    answer_preflight,
    forges,
    is_https,
    origin_is_allowed,
    with_cors_headers,
    with_vary_origin,
)
from runtime.chainlit_host.own_files import OwnFiles
from runtime.chainlit_host.ownership import Ownership
from runtime.chainlit_host.packets import install_packets
from runtime.chainlit_host.pages import Pages
from runtime.chainlit_host.quick_routes import QuickRoutes
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.server import has_stock_routes, install_server
from runtime.chainlit_host.session_opening import install_session_opening
from runtime.chainlit_host.sessions import SessionStore
from runtime.chainlit_host.settings_answers import SettingsAnswers
from runtime.chainlit_host.static import Prepared, request_header
from runtime.chainlit_host.transports import Transports
from runtime.chainlit_host.upload_folders import UploadFolder
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.chainlit_host.working_directory import install_working_directory, stand_in_the_only_app
from runtime.config import RuntimeConfig
from runtime.middleware.answer import send_broken_app, send_notice
from runtime.pages import Notice
from runtime.request import BODY, RememberedBody, bind_connection
from runtime.resources import resources
from runtime.services import Services
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from runtime.tenant_redis import use_redis_pool
from runtime.threads import install_threads

__all__ = ["ChainlitHost"]

log = structlog.get_logger(__name__)
THREADS = 32
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class ChainlitHost:
    """Serves every tenant's chat. ``asgi`` is called with a tenant bound and takes ``http`` and ``websocket``."""

    def __init__(self, config: RuntimeConfig, services: Services) -> None:
        self._library = AppLibrary(config.apps_dir, changing=config.reload, load_seconds=config.app_load_seconds)
        self._start_seconds = config.app_load_seconds or None
        self._reloads = config.reload
        sign_in = SignIn(config.master_secret, services.members)
        self._views = TenantViews(self._library, sign_in.code_for)
        own_files = OwnFiles()
        self._pages = Pages(self._views, own_files, build=Path(build_dir), platform_url=config.platform_url)
        self._live_page = LivePage(self._views, self._pages)
        addresses = PublicAddresses(config.platform_url)
        identity_providers = IdentityProviders(config.master_secret, self._library, addresses)
        self._uploads = UploadFolder(config.data_dir.resolve() / "files")
        self._sessions = SessionStore(self._uploads.path)
        self._transports = Transports(self._library, services.hears_changes)
        self._conversations = _conversations(services, config, addresses)
        self._data_layers = DataLayers(self._conversations)
        self._executor: ThreadPoolExecutor | None = None
        reports = ErrorReports(show_errors=config.show_errors)
        assets = AssetRoutes(self._views, self._pages)
        self._quick_routes = QuickRoutes()
        assets.register(self._quick_routes)
        SettingsAnswers().register(self._quick_routes)
        own_files.register(self._quick_routes)

        use_redis_pool(services.redis)
        install_threads(self._library.detached_context)
        install_config(self._library, self._views)
        install_app_paths(self._library)
        if config.isolate_environment:
            install_environ(self._library)
            install_children(self._library)
        install_working_directory(self._library)
        sign_in.install()
        identity_providers.install()
        self._data_layers.install()
        self._sessions.install()
        install_session_opening()
        self._transports.install()
        install_packets(sio)
        ChatClock().install()
        reports.install()
        install_injection()
        rebind(get_markdown_str, self._welcome)
        ownership = Ownership(
            self._sessions, self._data_layers, beside={("POST", POSTED_BACK): identity_providers.check_posted_state}
        )
        ownership.install()
        install_sockets(self._data_layers.get)
        files = self._conversations.files if self._conversations is not None else None
        install_server(self._library, assets, identity_providers, reports, ownership, files=files)
        self._library.load_all()
        stand_in_the_only_app(self._library)

    @property
    def asgi(self) -> ASGIApp:
        """The application."""
        return self._serve

    @property
    def loaded_apps(self) -> Mapping[str, LoadedApp]:
        """The apps that serve, by name."""
        return self._library.loaded

    @property
    def broken_apps(self) -> Mapping[str, str]:
        """The reason for each app that could not be loaded, by name; for operators."""
        return self._library.broken

    @property
    def open_transports(self) -> int:
        """How many clients are connected."""
        return len(self._transports)

    @property
    def unsaved_writes(self) -> int:
        """How many writes of conversations wait for the database or the file store."""
        return 0 if self._conversations is None else self._conversations.outbox.waiting

    @property
    def lost_writes(self) -> int:
        """How many writes of conversations were given up since the start."""
        return 0 if self._conversations is None else self._conversations.outbox.lost

    async def start(self) -> None:
        """Start what runs beside requests, and each app's own startup hook."""
        self._executor = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="chainlit")
        asyncio.get_running_loop().set_default_executor(self._executor)
        self._uploads.claim()
        follow_async_generators(asyncio.get_running_loop())
        resources.start()
        self._transports.start()
        # Side by side: an app that waits for something of its own must not keep the others waiting.
        await asyncio.gather(*(self._start_app(app) for app in self._library.loaded.values()))

    async def _start_app(self, app: LoadedApp) -> None:
        # A hook that is cancelled ends as if it were done, for so Chainlit wraps it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._start_seconds) as limit:
                await _run_hook(app, app.code.on_app_startup)
        if limit.expired():
            log.error("app_startup_unfinished", app=app.name, seconds=self._start_seconds)

    async def stop(self) -> None:
        """Close all clients, run each app's shutdown hook, close what apps opened; the process goes on."""
        await self._transports.stop()
        if self._conversations is not None:
            await self._conversations.close()
        for app in self._library.loaded.values():
            await _run_hook(app, app.code.on_app_shutdown)
        await self._data_layers.close()
        await resources.stop()
        self._uploads.remove()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def describe(self, handle: TenantHandle) -> Mapping[str, object]:
        """Return what open pages of a tenant are told of it."""
        return self._live_page.describe(handle)

    async def close_tenant(self, tenant_id: str, *, keep_pages: bool) -> None:
        """Close a tenant's sockets and drop what its code left in memory.

        Open pages are told to load anew, and are then judged by the present state: a suspended tenant's show that,
        a tenant's that now wants a sign-in show the form. ``keep_pages`` leaves those alone that hear of changes.
        """
        await self._transports.close_tenant(tenant_id, keep_pages=keep_pages)
        self._sessions.forget(tenant_id)
        forget_environment(tenant_id)

    async def reload_app(self, name: str) -> None:
        """Put an app as its folder has it now in its own place, between the one's shutdown and the other's startup."""
        if (old := self._library.loaded.get(name)) is not None:
            await _run_hook(old, old.code.on_app_shutdown)
        if (new := self._library.load_anew(name)) is not None:
            await self._start_app(new)
            self._library.serve(new)

    async def restart_tenant(self, tenant_id: str) -> None:
        """Close all that a tenant's former app made for it; open pages load anew, once."""
        await self.close_tenant(tenant_id, keep_pages=False)
        await self._data_layers.forget(tenant_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        handle = current_handle()
        if handle is None:
            raise NoTenantError
        try:
            view = self._views.of(handle)
        except AppUnavailableError as error:
            if self._reloads and error.name in self._library.traces:
                await send_broken_app(scope, send, error.name, self._library.traces[error.name])
                return
            await send_notice(scope, send, _notice(error))
            return
        if scope["type"] == "websocket":
            await self._serve_socket(handle, view, scope, receive, send)
        else:
            await self._serve_http(handle, view, scope, receive, send)

    async def _serve_http(
        self, handle: TenantHandle, view: TenantView, scope: Scope, receive: Receive, send: Send
    ) -> None:
        origin = request_header(scope, b"origin").decode("latin-1")
        allowed = bool(origin) and self._allows(handle, view, scope, origin)
        if scope["method"] == "OPTIONS" and origin and request_header(scope, b"access-control-request-method"):
            await answer_preflight(scope, receive, send, origin=origin if allowed else None)
            return
        if scope["path"].startswith(SOCKET_IO_PATH):
            if origin and not allowed:
                await _refuse(send, 403, b'"This origin is not allowed."')
                return
            if self._transports.belongs_elsewhere(scope):
                await _refuse(send, 400, b'"Invalid session"')
                return
        if forges(scope, origin, allowed=allowed):
            await _refuse(send, 403, b'"This origin is not allowed."')
            return
        listed = _listed_origins(handle, view)
        if allowed:
            send = with_cors_headers(send, origin)
        elif listed:
            send = with_vary_origin(send)
        if (answer := await self._quick_answer(handle, view, scope)) is not None:
            if isinstance(answer, Prepared) and not (allowed or listed):
                answer = answer.send_whole
            await answer(scope, receive, send)
            return
        if is_https(scope):
            send = with_secure_cookies(send, for_other_sites=bool(listed))
        if scope["method"] not in BODILESS:
            receive = scope[BODY] = RememberedBody(receive)
        with bind_connection(scope):
            await chainlit_app(scope, receive, send)

    async def _quick_answer(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        quick = self._quick_routes.find(scope)
        if quick is None or not (has_stock_routes(view.app) or self._quick_routes.is_ours(quick)):
            return None
        try:
            return await quick(handle, view, scope)
        except HTTPException:
            # Raised and answered again behind Chainlit's route, where the app's own error handlers stand.
            return None

    async def _serve_socket(
        self, handle: TenantHandle, view: TenantView, scope: Scope, receive: Receive, send: Send
    ) -> None:
        origin = request_header(scope, b"origin").decode("latin-1")
        foreign = bool(origin) and not self._allows(handle, view, scope, origin)
        # On a socket of the app's own, ``sid`` is a word like any other.
        if foreign or (scope["path"].startswith(SOCKET_IO_PATH) and self._transports.belongs_elsewhere(scope)):
            await _close_socket(receive, send)
            return
        with bind_connection(scope):
            await chainlit_app(scope, receive, send)

    @staticmethod
    def _allows(handle: TenantHandle, view: TenantView, scope: Scope, origin: str) -> bool:
        return origin_is_allowed(scope, origin, hosts=handle.state.hosts, listed=_listed_origins(handle, view))

    def _welcome(self, root: str, language: str) -> str | None:
        """Answer ``get_markdown_str`` for the current app."""
        app = self._library.current()
        return app.texts.welcome(language) if app is not None else get_markdown_str(root, language)


def _conversations(services: Services, config: RuntimeConfig, addresses: PublicAddresses) -> Conversations | None:
    if services.pool is None:
        return None
    return Conversations(services.pool, services.objects, master_secret=config.master_secret, addresses=addresses)


def _listed_origins(handle: TenantHandle, view: TenantView) -> frozenset[str]:
    """Return the other web sites that the app and the tenant name; the star names none (ADR 0006)."""
    by_app = view.project.allow_origins or ()
    return handle.compiled("listed_origins", lambda state: frozenset({*by_app, *state.access.allowed_origins} - {"*"}))


async def _run_hook(app: LoadedApp, hook: Callable[[], Any] | None) -> None:
    """Run a hook that belongs to an app and no tenant. What it raises is logged where hooks are wrapped."""
    if hook is not None:
        with app_scope(app):
            await hook()


def _notice(error: AppUnavailableError) -> Notice:
    return Notice(
        status=error.status,
        code=error.code,
        title="Not available just now",
        message=f"This chat uses the app “{error.name}”, which the server cannot run at the moment. "
        "Please try again later, or tell the administrator of this chat.",
    )


async def _refuse(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _close_socket(receive: Receive, send: Send) -> None:
    await receive()
    with contextlib.suppress(OSError):
        await send({"type": "websocket.close", "code": 1008})
