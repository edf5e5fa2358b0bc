"""Puts the runtime together: state, middleware, Chainlit and the internal port, with one beginning and one end."""

import asyncio
import math
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Protocol

import structlog

from runtime.app_schemas import AppSchemas
from runtime.asgi import ASGIApp, Receive, Scope, Send
from runtime.config import InvalidSettingError, RuntimeConfig
from runtime.health import InternalApp, Readiness
from runtime.heartbeat import Heartbeat, Vitals
from runtime.live import EVENTS_PATH, LiveStreams
from runtime.metrics import Metrics
from runtime.middleware.edge import Edge
from runtime.middleware.resolve import ResolveTenant
from runtime.named_apps import NamedApps, ServedApps
from runtime.object_store import ObjectStore, ObjectStoreConfig
from runtime.previews.frames import PreviewFrames
from runtime.published.files import PublishedFiles
from runtime.published.keys import PREFIX as PUBLISHED_FILES
from runtime.reload import app_folders, watch_apps
from runtime.resources import resources
from runtime.services import Services
from runtime.sources import build_sources
from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.listener import Listener
from runtime.state.resolver import Resolver
from runtime.tenancy import TenantHandle
from runtime.tenant_redis import create_redis_pool
from runtime.usage import UsageCounter, UsageStore
from tenants.contract.secrets import SecretBox
from tenants.contract.state import TenantState, TenantStatus

__all__ = ["Application", "AppsHost", "InstallApps", "build_app", "may_end_sign_ins", "must_reconnect"]

log = structlog.get_logger(__name__)


class AppsHost(ServedApps, Protocol):
    """What serves the apps: ``runtime.chainlit_host``."""

    @property
    def asgi(self) -> ASGIApp:
        """The app to be called with a tenant bound."""

    @property
    def open_transports(self) -> int:
        """How many clients are connected."""

    @property
    def unsaved_writes(self) -> int:
        """How many writes of conversations wait for the database or the file store."""

    @property
    def lost_writes(self) -> int:
        """How many writes of conversations were given up since the start."""

    async def start(self) -> None:
        """Run the apps' startup hooks."""

    async def stop(self) -> None:
        """Close all sockets and run the shutdown hooks."""

    async def close_tenant(self, tenant_id: str, *, keep_pages: bool) -> None:
        """Close a tenant's sockets; their browsers connect anew and are then judged by the present state.

        ``keep_pages`` leaves alone the pages that hear of the change by a live stream; others are told to load anew.
        """

    async def close_ended(self, tenant_id: str) -> None:
        """Close the sockets of those of a tenant whose sign-in was ended."""

    async def close_preview(self, handle: TenantHandle) -> None:
        """Close the sockets of a preview that has ended, and drop what its code left in memory."""

    def describe(self, handle: TenantHandle) -> Mapping[str, object]:
        """Return what open pages of a tenant are told of it: values for JSON that its page shows to anybody."""


class InstallApps(Protocol):
    """How the apps' host is made, once a process."""

    def __call__(self, config: RuntimeConfig, services: Services) -> AppsHost:
        """Return the host, not yet started."""


class Application:
    """The runtime as an ASGI app with lifespan; ``internal`` is the app of the internal port."""

    def __init__(self, config: RuntimeConfig, install_apps: InstallApps) -> None:
        secret_box = _open_secret_box(config)
        self._sources = sources = build_sources(config, secret_box)
        self._freshness = Freshness()
        self._cache = StateCache(secret_box, refusal=sources.refusal)
        self._metrics = Metrics()
        self._resolver = Resolver(
            sources.states, self._cache, self._freshness, stale_limit_seconds=config.stale_limit_seconds
        )
        self._listener = Listener(sources.states, self._cache, self._freshness, observe=self._metrics.observe_apply)
        self._streams = LiveStreams(self._describe)
        self._stores: list[ObjectStore] = []
        published = PublishedFiles(self._store(config.public_store))
        self._redis = create_redis_pool(config)
        usage = UsageCounter(config.master_secret) if sources.pool is not None else None
        self._usage = UsageStore(usage, sources.pool) if usage is not None and sources.pool is not None else None
        self._heartbeat = Heartbeat(sources.pool, self._cache, self._vitals) if sources.pool is not None else None
        services = Services(
            members=sources.members,
            pool=sources.pool,
            redis=self._redis,
            objects=self._store(config.object_store),
            published=published,
            usage=usage,
            hears_changes=self._streams.hears,
        )
        self._host = install_apps(config, services)
        self._schemas = AppSchemas(sources.pool, lambda: self._host.loaded_apps) if sources.pool is not None else None
        self._previews = previews = PreviewFrames(
            self._host.asgi,
            sources.previews,
            describe=self._describe,
            forget=self._forget_preview,
            master_secret=config.master_secret,
            secret_box=secret_box,
        )
        resolve = ResolveTenant(
            previews,
            self._resolver,
            self._cache,
            beside={EVENTS_PATH: self._streams, PUBLISHED_FILES: published},
        )
        https = config.platform_url.startswith("https:")
        self._serve = Edge(sources.front(resolve), counts=self._metrics.requests, https=https)
        self.internal = InternalApp(self._metrics, self.check)
        self._watched_apps = app_folders(config.apps_dir) if config.reload else {}
        self._state_source = config.state_source.kind
        self._stale_limit_seconds = config.stale_limit_seconds
        self._opened = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._host_started = False
        self._serving = False
        self._cache.on_change += [self._streams.on_change, self._close_sockets, self._let_resources_go]
        self._named_apps = NamedApps(self._host, self._cache)
        self._publish_metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope of any of ASGI's three kinds."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._serve(scope, receive, send)

    async def start(self) -> None:
        """Begin to listen and load the apps. A source that is down delays nothing: requests say so until it is up."""
        await self._opened.enter_async_context(self._sources.opened())
        self._run(self._listener.run())
        if self._usage is not None:
            self._run(self._usage.run())
        self._run(self._previews.run())
        if self._schemas is not None:
            self._run(self._schemas.run())
        await self._host.start()
        if self._watched_apps:
            self._run(watch_apps(self._watched_apps, self._reload_app))
        self._host_started = self._serving = True
        if self._heartbeat is not None:
            self._run(self._heartbeat.run())
        log.info("runtime_started", apps=sorted(self._host.loaded_apps), broken_apps=dict(self._host.broken_apps))

    def withdraw(self) -> None:
        """Say on ``/readyz`` that no new traffic is wanted, and send streams away; what comes is still answered."""
        self._serving = False
        self._streams.close()

    async def stop(self) -> None:
        """Close sockets, stop listening, give the connections back; also after a ``start`` that failed."""
        self.withdraw()
        if self._host_started:
            await self._host.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._usage is not None:
            await self._usage.close()
        if self._heartbeat is not None and self._host_started:
            await self._heartbeat.close()
        await self._opened.aclose()
        for store in self._stores:
            await store.close()
        if self._redis is not None:
            await self._redis.disconnect()
        log.info("runtime_stopped")

    def _store(self, config: ObjectStoreConfig | None) -> ObjectStore | None:
        if config is None:
            return None
        self._stores.append(ObjectStore(config))
        return self._stores[-1]

    def check(self) -> Readiness:
        """Look at every part."""
        return Readiness(
            serving=self._serving,
            state_source=self._state_source,
            states=self._states(),
            listening=self._freshness.listening,
            tenants=len(self._cache),
            apps=sorted(self._host.loaded_apps),
            broken_apps=dict(self._host.broken_apps),
            missing_apps=self._named_apps.missing(),
        )

    def _states(self) -> str:
        # Known without asking: the listener asks all the time, and a probe must not wait for a silent server.
        if self._freshness.reachable:
            return "reachable"
        return "stale" if self._freshness.unconfirmed_for("") <= self._stale_limit_seconds else "down"

    def _vitals(self) -> Vitals:
        unconfirmed = self._freshness.unconfirmed_for("")
        return Vitals(
            open_chats=self._host.open_transports,
            serving=self._serving,
            listening=self._freshness.listening,
            unconfirmed_seconds=unconfirmed if math.isfinite(unconfirmed) else None,
            heard=self._listener.last_heard,
            heard_at=self._listener.last_heard_at,
        )

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("runtime_not_started")
            await self.stop()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _describe(self, handle: TenantHandle) -> Mapping[str, object]:
        return self._host.describe(handle)

    def _close_sockets(self, old: TenantState, new: TenantState | None) -> None:
        if must_reconnect(old, new):
            keep_pages = new is None or new.app == old.app
            self._run(self._host.close_tenant(old.id, keep_pages=keep_pages))
        elif new is not None and may_end_sign_ins(old, new):
            self._run(self._host.close_ended(old.id))

    def _let_resources_go(self, old: TenantState, new: TenantState | None) -> None:
        handle = self._cache.by_tenant(old.id)
        if handle is None or new is None or new.status is not TenantStatus.ACTIVE or new.app != old.app:
            resources.forget(old.id)
        else:
            resources.refresh(handle)

    async def _reload_app(self, name: str) -> bool:
        served = await self._named_apps.reload(name)
        if self._schemas is not None:
            self._schemas.tell()
        return served

    def _forget_preview(self, handle: TenantHandle) -> None:
        resources.forget(handle.partition)
        self._run(self._host.close_preview(handle))

    def _run(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._end_task)

    def _end_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background_task_failed", exc_info=error)

    def _publish_metrics(self) -> None:
        gauge, counter = self._metrics.gauge, self._metrics.counter
        gauge("loaded_tenants", "Tenants held in memory.", lambda: len(self._cache))
        gauge("loaded_apps", "Apps that can be served.", lambda: len(self._host.loaded_apps))
        gauge("broken_apps", "Apps that could not be loaded.", lambda: len(self._host.broken_apps))
        gauge("open_transports", "Connected chat clients.", lambda: self._host.open_transports)
        gauge("live_streams", "Browsers that follow their tenant's changes.", lambda: len(self._streams))
        gauge("unsaved_writes", "Writes of conversations that wait.", lambda: self._host.unsaved_writes)
        counter("lost_writes", "Writes of conversations that were given up.", lambda: self._host.lost_writes)
        if (usage := self._usage) is not None:
            gauge("usage_waiting", "Figures of use, one a tenant and day, that wait.", lambda: usage.waiting)
            counter("usage_uncounted", "People left out of the figures.", lambda: usage.uncounted_people)
        gauge("state_listening", "1 while publications are heard.", lambda: self._freshness.listening)
        gauge("state_stale", "1 while last known states serve unconfirmed.", lambda: self._freshness.stale)
        counter("resolve_hits", "Hosts answered from memory.", lambda: self._resolver.hits)
        counter("resolve_misses", "Hosts that had to be looked up.", lambda: self._resolver.misses)


def must_reconnect(old: TenantState, new: TenantState | None) -> bool:
    """Say whether sockets opened under ``old`` may not go on under ``new``."""
    if new is None or new.status is not TenantStatus.ACTIVE:
        return old.status is TenantStatus.ACTIVE
    return (
        (new.access.mode, new.access.sign_out_epoch) != (old.access.mode, old.access.sign_out_epoch)
        or new.app != old.app
        or not set(old.hosts) <= set(new.hosts)
        or not set(old.access.allowed_origins) <= set(new.access.allowed_origins)
        or _closes_networks(old.access.networks, new.access.networks)
    )


def may_end_sign_ins(old: TenantState, new: TenantState) -> bool:
    """Say whether some sign-in that was good under ``old`` may be over under ``new``; each is then judged by itself."""
    return old.access.sign_in_terms != new.access.sign_in_terms


def _closes_networks(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Say whether some address that could come in under ``old`` might not under ``new``, where none means any."""
    return bool(new) and not (old and set(old) <= set(new))


def build_app(config: RuntimeConfig, *, install_apps: InstallApps | None = None) -> Application:
    """Return the runtime for these settings, serving Chainlit apps unless told what else to serve.

    Raises ``SettingError`` when a key or the database's address cannot be used.
    """
    if install_apps is None:
        # Imported when it is wanted: importing Chainlit changes asyncio and reads its own configuration.
        from runtime.chainlit_host import install

        install_apps = install
    return Application(config, install_apps)


def _open_secret_box(config: RuntimeConfig) -> SecretBox:
    try:
        return SecretBox(config.encryption_keys)
    except ValueError as error:
        raise InvalidSettingError("TENANT_ENCRYPTION_KEYS", "a comma-separated list of Fernet keys") from error
