"""Keeps the cache fresh: hears publications, and re-checks everything whenever the line was down."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Iterator

import structlog

from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.source import LiveRevision, SourceUnavailableError, StateReader, StateSource, Subscription

__all__ = ["Listener"]

log = structlog.get_logger(__name__)

BATCH = 500


class Listener:
    """One task a process. ``observe`` receives, for each notice, the seconds from hearing it to having applied it."""

    def __init__(
        self,
        source: StateSource,
        cache: StateCache,
        freshness: Freshness,
        *,
        observe: Callable[[float], None],
        first_pause: float = 0.05,
        longest_pause: float = 3.0,
    ) -> None:
        self._source = source
        self._cache = cache
        self._freshness = freshness
        self._observe = observe
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._pause = first_pause
        self.last_heard: LiveRevision | None = None
        """The newest notice."""
        self.last_heard_at = 0.0
        """When it came, by the monotonic clock."""

    async def run(self) -> None:
        """Listen until cancelled; every loss of the line is followed by another try, after a growing pause."""
        while True:
            try:
                await self._follow()
            except SourceUnavailableError as error:
                self._freshness.stop_listening(error.reason)
            except Exception as error:  # the task must outlive whatever one message holds
                log.exception("listener_failed")
                self._freshness.stop_listening(type(error).__name__)
            await self._check_without_line()
            # The jitter keeps a fleet of runtimes from coming back to Postgres in one moment.
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause, nothing secret
            self._pause = min(self._pause * 2, self._longest_pause)

    async def _follow(self) -> None:
        async with self._source.subscribe() as subscription:
            self._cache.reconnect()
            await self._check_all(subscription)
            self._freshness.start_listening()
            self._pause = self._first_pause
            async for notices in subscription.notices():
                if notices:
                    await self._apply(subscription, notices)
                self._freshness.confirm_all()

    async def _apply(self, subscription: Subscription, notices: list[LiveRevision]) -> None:
        heard_at = time.perf_counter()
        self.last_heard, self.last_heard_at = notices[-1], time.monotonic()
        self._cache.hear(notices)
        await self._refresh(subscription, {notice.tenant_id for notice in notices if notice.tenant_id in self._cache})
        for _ in notices:
            self._observe(time.perf_counter() - heard_at)

    async def _check_without_line(self) -> None:
        """Check without the line: the source may answer though it broke, and open sockets make no request."""
        try:
            await self._check_all(self._source)
        except SourceUnavailableError:
            self._freshness.lose_source()
        else:
            self._freshness.confirm_all()

    async def _check_all(self, reader: StateReader) -> None:
        tenant_ids = self._cache.tenant_ids
        live = await reader.fetch_revisions(tenant_ids)
        held = {tenant_id: self._cache.by_tenant(tenant_id) for tenant_id in tenant_ids}
        await self._refresh(
            reader,
            [tenant_id for tenant_id, handle in held.items() if handle and live.get(tenant_id) != handle.revision],
        )

    async def _refresh(self, reader: StateReader, tenant_ids: Collection[str]) -> None:
        for batch in _batches(tenant_ids):
            self._cache.apply(batch, await reader.fetch_by_tenants(batch))


def _batches(tenant_ids: Collection[str]) -> Iterator[list[str]]:
    ordered = list(tenant_ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
