"""From a host to its tenant, at whatever certainty the moment allows."""

import asyncio
import time
from collections.abc import Callable

import structlog

from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.source import SourceUnavailableError, StateSource, StateUnreadableError, StoredState
from runtime.tenancy import TenantHandle

__all__ = ["Resolver"]

log = structlog.get_logger(__name__)

PAUSE_AFTER_FAILURE_SECONDS = 1.0
MAXIMUM_READS = 5
CONCURRENT_LOADS = 4


class Resolver:
    """Answers which tenant a host leads to.

    While publications are heard, what is loaded is live: no query. While they are not, each question asks the source
    for the live revision. While that does not answer either, what is loaded serves for ``stale_limit_seconds``.
    """

    def __init__(
        self,
        source: StateSource,
        cache: StateCache,
        freshness: Freshness,
        *,
        stale_limit_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._cache = cache
        self._freshness = freshness
        self._stale_limit_seconds = stale_limit_seconds
        self._clock = clock
        self._loads: dict[str, asyncio.Task[TenantHandle | None]] = {}
        # A flood of invented hosts must leave the pool's other places to those who have a tenant.
        self._load_places = asyncio.Semaphore(CONCURRENT_LOADS)
        self._ask_again_at = 0.0
        self._reason = ""
        self.hits = 0
        self.misses = 0

    def resolve_known(self, header: bytes) -> TenantHandle | None:
        """Return the tenant of a Host header seen before, when that needs no question; the quick way."""
        if self._freshness.listening and (handle := self._cache.by_header(header)):
            self.hits += 1
            return handle
        return None

    async def resolve(self, host: str) -> TenantHandle | None:
        """Return the tenant of a normalised host, or None when it leads nowhere.

        Raises ``SourceUnavailableError`` or ``StateUnreadableError`` when neither is known.
        """
        if not self._freshness.listening:
            return await self._check(host)
        handle = self._cache.by_host(host)
        if handle is not None or self._cache.is_unknown(host):
            self.hits += 1
            return handle
        return await self._load_once(host)

    async def _check(self, host: str) -> TenantHandle | None:
        if self._clock() < self._ask_again_at:
            return self._last_known(host)
        try:
            live = await self._source.fetch_revision_by_host(host)
            handle = self._cache.by_host(host)
            if live is None:
                self._cache.drop_host(host)
                return None
            if handle is None or handle.state.id != live.tenant_id or handle.revision != live.revision:
                handle = await self._load_once(host)
        except SourceUnavailableError as error:
            # For a moment nobody else waits for the same silence.
            self._ask_again_at = self._clock() + PAUSE_AFTER_FAILURE_SECONDS
            self._reason = error.reason
            self._freshness.lose_source()
            return self._last_known(host)
        if handle is not None:
            self._freshness.confirm(handle.state.id)
        return handle

    def _last_known(self, host: str) -> TenantHandle | None:
        handle = self._cache.by_host(host)
        if handle is None or self._freshness.unconfirmed_for(handle.state.id) > self._stale_limit_seconds:
            raise SourceUnavailableError(self._reason)
        self._freshness.serve_stale(self._reason)
        return handle

    async def _load_once(self, host: str) -> TenantHandle | None:
        self.misses += 1
        load = self._loads.get(host)
        if load is None:
            load = self._loads[host] = asyncio.create_task(self._load(host))
            load.add_done_callback(lambda done: self._end_load(host, done))
        # Shielded: who goes away while waiting must not take the answer from the others.
        return await asyncio.shield(load)

    def _end_load(self, host: str, load: asyncio.Task[TenantHandle | None]) -> None:
        del self._loads[host]
        # Looked at here, since everyone who waited for it may have left. A document that cannot be read was told of.
        error = None if load.cancelled() else load.exception()
        if error is not None and not isinstance(error, StateUnreadableError):
            reason = error.reason if isinstance(error, SourceUnavailableError) else repr(error)
            log.warning("tenant_not_loaded", host=host, reason=reason)

    async def _load(self, host: str) -> TenantHandle | None:
        async with self._load_places:
            for _ in range(MAXIMUM_READS):
                with self._cache.watch() as watch:
                    stored = await self._source.fetch_by_host(host)
                    if not watch.overtaken(stored):
                        return self._take(host, stored)
            if stored is None:
                # Others publish all the time: the answer holds for this request, and is not kept for the next.
                return None
            raise SourceUnavailableError("the tenant was published faster than it could be read")

    def _take(self, host: str, stored: StoredState | None) -> TenantHandle | None:
        handle = self._cache.insert(host, stored) if stored else None
        if handle is None and self._freshness.listening:
            self._cache.remember_unknown(host)
        return handle
