"""A line of a source that reads over its own means: only what is heard comes over the line."""

from collections.abc import AsyncIterator, Collection, Mapping

from runtime.state.source import LiveRevision, StateReader, StoredState

__all__ = ["SourceSubscription"]


class SourceSubscription:
    """``heard`` yields as ``Subscription.notices`` does; what was heard of is read from ``source``."""

    def __init__(self, source: StateReader, heard: AsyncIterator[list[LiveRevision]]) -> None:
        self._source = source
        self._heard = heard

    def notices(self) -> AsyncIterator[list[LiveRevision]]:
        """See ``Subscription``."""
        return self._heard

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """See ``StateReader``."""
        return await self._source.fetch_by_tenants(tenant_ids)

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """See ``StateReader``."""
        return await self._source.fetch_revisions(tenant_ids)
