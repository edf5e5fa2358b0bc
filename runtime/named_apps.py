"""Between tenants and the apps they name: who names an app that cannot be served, and whom a changed app concerns."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

import structlog

from runtime.resources import resources
from runtime.state.cache import StateCache
from runtime.tenancy import TenantHandle
from tenants.contract.state import TenantState

__all__ = ["NamedApps", "ServedApps"]

log = structlog.get_logger(__name__)


class ServedApps(Protocol):
    """The apps of a process, as much of them as is needed here."""

    @property
    def loaded_apps(self) -> Collection[str]:
        """Names of the apps that can be served."""

    @property
    def broken_apps(self) -> Mapping[str, str]:
        """Apps that could not be loaded, with the reason."""

    async def reload_app(self, name: str) -> None:
        """Load an app anew from its folder."""

    async def restart_tenant(self, tenant_id: str) -> None:
        """Close a tenant's sockets and all that its former app made for it."""


class NamedApps:
    """Follows which apps the tenants name that are held in memory."""

    def __init__(self, apps: ServedApps, cache: StateCache) -> None:
        self._apps = apps
        self._cache = cache
        cache.on_load.append(self._report)
        cache.on_change.append(self._report_another)

    def missing(self) -> dict[str, int]:
        """Return how many tenants name each app that cannot be served."""
        named = Counter(handle.state.app for handle in self._held())
        return {app: count for app, count in named.items() if app not in self._apps.loaded_apps}

    async def reload(self, name: str) -> bool:
        """Load an app anew for its tenants, and disturb no other; return whether it can be served."""
        await self._apps.reload_app(name)
        own = [handle for handle in self._held() if handle.state.app == name]
        for handle in own:
            handle.recompile()
            resources.forget(handle.state.id)
        await asyncio.gather(*(self._apps.restart_tenant(handle.state.id) for handle in own))
        return name in self._apps.loaded_apps

    def _held(self) -> Iterator[TenantHandle]:
        for tenant_id in self._cache.tenant_ids:
            if handle := self._cache.by_tenant(tenant_id):
                yield handle

    def _report(self, state: TenantState) -> None:
        """Say once, and not at each request, that nobody of a tenant can be served, and why."""
        if state.app not in self._apps.loaded_apps:
            reason = self._apps.broken_apps.get(state.app, "there is no such app in CHAINLIT_APPS_DIR")
            log.error("tenant_without_app", tenant=state.slug, app=state.app, reason=reason)

    def _report_another(self, old: TenantState, new: TenantState | None) -> None:
        if new is not None and new.app != old.app:
            self._report(new)
