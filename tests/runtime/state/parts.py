"""The parts of the state's machinery, put together without the app around them, each query counted."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from cryptography.fernet import Fernet

from runtime.database import create_pool
from runtime.state.cache import StateCache
from runtime.state.freshness import Freshness
from runtime.state.listener import Listener
from runtime.state.postgres import PostgresStateSource
from runtime.state.resolver import Resolver
from tenants.contract.secrets import SecretBox
from tests.runtime.shells import make_config
from tests.runtime.waiting import until


class CountingSource(PostgresStateSource):
    """The real source, which counts what it is asked and can be held back."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.asked = Counter()
        self.lines = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.may_subscribe = asyncio.Event()
        self.may_subscribe.set()

    async def fetch_by_host(self, host):
        self.asked["by_host"] += 1
        stored = await super().fetch_by_host(host)
        await self.gate.wait()
        return stored

    async def fetch_revision_by_host(self, host):
        self.asked["revision_by_host"] += 1
        return await super().fetch_revision_by_host(host)

    @asynccontextmanager
    async def subscribe(self):
        await self.may_subscribe.wait()
        async with super().subscribe() as subscription:
            self.lines.append(subscription._connection)
            fetch_revisions = subscription.fetch_revisions

            async def counted(tenant_ids):
                self.asked["revisions"] += 1
                return await fetch_revisions(tenant_ids)

            subscription.fetch_revisions = counted
            yield subscription


@dataclass
class Parts:
    """What a test looks at."""

    source: CountingSource
    cache: StateCache
    freshness: Freshness
    resolver: Resolver
    applied: list[float] = field(default_factory=list)


@asynccontextmanager
async def running_parts(database_url, *, stale_limit_seconds=900.0, listen=True, **options):
    """Run the parts over a counted Postgres source; with ``listen`` they hear publications from the start."""
    pool = create_pool(make_config(database_url, database_pool_size=4))
    await pool.open(wait=False)
    source = CountingSource(pool, database_url, **options)
    if not listen:
        source.may_subscribe.clear()
    try:
        async with parts_around(source, stale_limit_seconds=stale_limit_seconds, wait=listen) as parts:
            yield parts
    finally:
        await pool.close()


@asynccontextmanager
async def parts_around(source, *, stale_limit_seconds=900.0, listen=True, wait=True):
    """Run the parts over any source; without ``listen`` nothing subscribes to it."""
    cache, freshness = StateCache(SecretBox([Fernet.generate_key().decode()])), Freshness()
    resolver = Resolver(source, cache, freshness, stale_limit_seconds=stale_limit_seconds)
    parts = Parts(source, cache, freshness, resolver)
    listener = Listener(source, cache, freshness, observe=parts.applied.append, first_pause=0.01, longest_pause=0.1)
    listening = asyncio.create_task(listener.run() if listen else asyncio.Event().wait())
    try:
        if listen and wait:
            await until(lambda: freshness.listening)
        yield parts
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
