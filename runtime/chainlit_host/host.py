"""The Chainlit server as one ASGI application for all tenants, with its start and end."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from chainlit.markdown import get_markdown_str
from chainlit.server import build_dir, sio
from chainlit.version import __version__

from runtime.asgi import ASGIApp
from runtime.async_generators import follow_async_generators
from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.apps.hooks import ErrorReports
from runtime.chainlit_host.apps.injection import install_injection
from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp, app_scope
from runtime.chainlit_host.apps.paths import install_app_paths
from runtime.chainlit_host.config import install_config
from runtime.chainlit_host.gate import Gate
from runtime.chainlit_host.history.conversations import Conversations
from runtime.chainlit_host.history.data_layer import DataLayers
from runtime.chainlit_host.history.sockets import install_sockets
from runtime.chainlit_host.origins import POSTED_BACK
from runtime.chainlit_host.pages.assets import AssetRoutes
from runtime.chainlit_host.pages.frontend import Frontend
from runtime.chainlit_host.pages.index import Pages
from runtime.chainlit_host.pages.live import LivePage
from runtime.chainlit_host.pages.own_files import OwnFiles
from runtime.chainlit_host.pages.settings import SettingsAnswers
from runtime.chainlit_host.process.chat_clock import ChatClock
from runtime.chainlit_host.process.children import install_children
from runtime.chainlit_host.process.environ import forget_environment, install_environ
from runtime.chainlit_host.process.language_model_cache import LanguageModelCaches
from runtime.chainlit_host.process.working_directory import install_working_directory, stand_in_the_only_app
from runtime.chainlit_host.quick_routes import QuickRoutes
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.server import install_server
from runtime.chainlit_host.sessions.opening import install_session_opening
from runtime.chainlit_host.sessions.ownership import Ownership
from runtime.chainlit_host.sessions.packets import install_packets
from runtime.chainlit_host.sessions.stores import SessionStore
from runtime.chainlit_host.sessions.transports import Transports
from runtime.chainlit_host.sessions.turns import Turns
from runtime.chainlit_host.sessions.upload_folders import UploadFolder
from runtime.chainlit_host.sign_in.auth import SignIn
from runtime.chainlit_host.sign_in.identity_providers import IdentityProviders
from runtime.chainlit_host.sign_in.people import ChatPeople
from runtime.chainlit_host.sign_in.use import SignInUse
from runtime.chainlit_host.view import TenantViews
from runtime.config import RuntimeConfig
from runtime.groups import DirectoryGroups, NoGroups
from runtime.people import use_people
from runtime.resources import resources
from runtime.services import Services
from runtime.tenancy import TenantHandle, current_handle
from runtime.tenant_redis import use_redis_pool
from runtime.threads import install_threads
from runtime.usage import use_usage_counter

__all__ = ["ChainlitHost"]

log = structlog.get_logger(__name__)
THREADS = 32


class ChainlitHost:
    """Serves every tenant's chat. ``asgi`` is called with a tenant bound and takes ``http`` and ``websocket``."""

    def __init__(self, config: RuntimeConfig, services: Services) -> None:
        self._library = AppLibrary(config.apps_dir, changing=config.reload, load_seconds=config.app_load_seconds)
        self._start_seconds = config.app_load_seconds or None
        sign_in = _sign_in(config, services)
        self._views = TenantViews(self._library, sign_in.code_for)
        own_files = OwnFiles()
        self._pages = _pages(
            self._views,
            own_files,
            config,
            serves_files=services.published.has_store,
            has_settings=services.members.has_settings,
        )
        self._live_page = LivePage(self._views, self._pages)
        addresses = PublicAddresses(config.platform_url)
        identity_providers = IdentityProviders(config.master_secret, self._library, addresses)
        self._uploads = UploadFolder(config.data_dir.resolve() / "files")
        self._sessions = SessionStore(self._uploads.path)
        self._language_model_caches = LanguageModelCaches(self._library)
        self._transports = Transports(self._library, services.hears_changes, sign_in)
        self._conversations = _conversations(services, config, addresses)
        self._data_layers = DataLayers(self._conversations)
        self._executor: ThreadPoolExecutor | None = None
        reports = ErrorReports(show_errors=config.show_errors, usage=services.usage)
        assets = AssetRoutes(self._views, self._pages, services.published)
        quick_routes = QuickRoutes()
        assets.register(quick_routes)
        SettingsAnswers(own_files, has_settings=services.members.has_settings).register(quick_routes)
        own_files.register(quick_routes)
        self._gate = Gate(
            self._library,
            self._views,
            self._transports,
            quick_routes,
            SignInUse(sign_in),
            shows_traces=config.reload,
        )

        _install_services(services)
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
        self._language_model_caches.install()
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
        return self._gate

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
        self._forget(tenant_id)

    async def close_preview(self, handle: TenantHandle) -> None:
        """Close the sockets of a preview that has ended, and drop what its code left in memory."""
        await self._transports.close_preview(handle)
        self._forget(handle.partition)

    def _forget(self, partition: str) -> None:
        self._sessions.forget(partition)
        self._language_model_caches.forget(partition)
        forget_environment(partition)

    async def close_ended(self, tenant_id: str) -> None:
        """Close the sockets of those whose sign-in was ended; everybody else chats on."""
        await self._transports.close_ended(tenant_id)

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

    def _welcome(self, root: str, language: str) -> str | None:
        """Answer ``get_markdown_str`` for the current tenant or app."""
        if (handle := current_handle()) is not None:
            return self._views.of(handle).welcome(language)
        app = self._library.current()
        return app.texts.welcome(language) if app is not None else get_markdown_str(root, language)


def _sign_in(config: RuntimeConfig, services: Services) -> SignIn:
    groups = NoGroups() if services.pool is None else DirectoryGroups(services.pool)
    sign_in = SignIn(config.master_secret, services.members, groups)
    use_people(ChatPeople(sign_in, groups))
    return sign_in


def _pages(
    views: TenantViews, own_files: OwnFiles, config: RuntimeConfig, *, serves_files: bool, has_settings: bool
) -> Pages:
    build = Path(build_dir)
    return Pages(
        views,
        own_files,
        build=build,
        frontend=Frontend(build, __version__, config.frontend_base_url),
        platform_url=config.platform_url,
        assets_base_url=config.assets_base_url,
        serves_files=serves_files,
        has_settings=has_settings,
    )


def _install_services(services: Services) -> None:
    """Give app code its share of what the process has, and let what is said be counted."""
    use_redis_pool(services.redis)
    use_usage_counter(services.usage)
    if services.usage is not None:
        Turns(services.usage).install()


def _conversations(services: Services, config: RuntimeConfig, addresses: PublicAddresses) -> Conversations | None:
    if services.pool is None:
        return None
    return Conversations(services.pool, services.objects, master_secret=config.master_secret, addresses=addresses)


async def _run_hook(app: LoadedApp, hook: Callable[[], Any] | None) -> None:
    """Run a hook that belongs to an app and no tenant. What it raises is logged where hooks are wrapped."""
    if hook is not None:
        with app_scope(app):
            await hook()
