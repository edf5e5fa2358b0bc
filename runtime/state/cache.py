"""The tenants a process has loaded, by host and by id; the maps behind every request."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

import msgspec
import structlog

from runtime.state.source import LiveRevision, StateUnreadableError, StoredState
from runtime.tenancy import TenantHandle
from tenants.contract.secrets import SecretBox
from tenants.contract.state import PublishedState, TenantState, decode_state

__all__ = ["LoadWatch", "Refusal", "StateCache", "StateListener"]

log = structlog.get_logger(__name__)

StateListener = Callable[[TenantState, TenantState | None], None]
"""Called after a state was replaced, with the old and the new one (None: the tenant is gone)."""

Refusal = Callable[[TenantState], str]
"""Says why this runtime cannot serve a state that it understands; an empty text when it can."""

MAXIMUM_HEADERS = 16_384
MAXIMUM_UNKNOWN_HOSTS = 16_384


class LoadWatch:
    """What was heard while one load was on its way, so that an answer from before a publication is not kept."""

    __slots__ = ("_heard", "_reconnected")

    def __init__(self) -> None:
        self._heard: dict[str, int] = {}
        self._reconnected = False

    def hear(self, notices: Iterable[LiveRevision]) -> None:
        """Take note of publications."""
        self._heard.update(notices)

    def reconnect(self) -> None:
        """Take note that the line was opened anew: what was published before that was not heard."""
        self._reconnected = True

    def overtaken(self, stored: StoredState | None) -> bool:
        """Say whether the answer may be older than something that was published."""
        if self._reconnected:
            return True
        if stored is None:
            return bool(self._heard)
        return self._heard.get(stored.tenant_id, 0) > stored.revision


class StateCache:
    """Maps of host header, host and tenant id to the tenant's one handle. All methods are quick and synchronous.

    A host enters only by a look-up of that host, so the registry alone says where it leads; it leaves with the first
    document of its tenant that does not list it.
    """

    def __init__(self, secret_box: SecretBox, *, refusal: Refusal = lambda _: "") -> None:
        self._secret_box = secret_box
        self._refusal = refusal
        self._by_header: dict[bytes, TenantHandle] = {}
        self._by_host: dict[str, TenantHandle] = {}
        self._by_tenant: dict[str, TenantHandle] = {}
        self._unknown_hosts: set[str] = set()
        self._watches: set[LoadWatch] = set()
        self._refused: dict[str, int] = {}
        self.on_change: list[StateListener] = []
        self.on_load: list[Callable[[TenantState], None]] = []
        """Called with the state of each tenant that was not held before."""

    def __len__(self) -> int:
        return len(self._by_tenant)

    def __contains__(self, tenant_id: str) -> bool:
        return tenant_id in self._by_tenant

    @property
    def tenant_ids(self) -> Collection[str]:
        """The ids of all loaded tenants, as of now."""
        return tuple(self._by_tenant)

    def by_header(self, header: bytes) -> TenantHandle | None:
        """Return the tenant that exactly this Host header led to before."""
        return self._by_header.get(header)

    def remember_header(self, header: bytes, handle: TenantHandle) -> None:
        """Keep the way from a header, as it was sent, to a tenant."""
        # A host can be written in very many ways (capitals, ports); who tries them all only empties this map.
        if len(self._by_header) >= MAXIMUM_HEADERS:
            self._by_header.clear()
        self._by_header[header] = handle

    def by_host(self, host: str) -> TenantHandle | None:
        """Return the tenant of a normalised host, when loaded."""
        return self._by_host.get(host)

    def by_tenant(self, tenant_id: str) -> TenantHandle | None:
        """Return a tenant's handle, when loaded."""
        return self._by_tenant.get(tenant_id)

    def is_unknown(self, host: str) -> bool:
        """Say whether a host was looked up and led nowhere, and nothing was published since."""
        return host in self._unknown_hosts

    def remember_unknown(self, host: str) -> None:
        """Keep that a host leads nowhere, until something is published."""
        if len(self._unknown_hosts) >= MAXIMUM_UNKNOWN_HOSTS:
            self._unknown_hosts.clear()
        self._unknown_hosts.add(host)

    @contextmanager
    def watch(self) -> Iterator[LoadWatch]:
        """Follow what is heard during a load."""
        watch = LoadWatch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def hear(self, notices: Iterable[LiveRevision]) -> None:
        """Take note of publications before their states are read."""
        self._unknown_hosts.clear()
        for watch in self._watches:
            watch.hear(notices)

    def reconnect(self) -> None:
        """Take note that the line was opened anew."""
        self._unknown_hosts.clear()
        for watch in self._watches:
            watch.reconnect()

    def insert(self, host: str, stored: StoredState) -> TenantHandle | None:
        """Take the answer to a look-up of ``host``; return its tenant, or None when its document lacks the host.

        Raises ``StateUnreadableError`` when the tenant is not loaded yet and its document cannot be understood.
        """
        handle = self._by_tenant.get(stored.tenant_id)
        if handle is None:
            handle = self._by_tenant[stored.tenant_id] = TenantHandle(self._read(stored), self._secret_box)
            for listener in self.on_load:
                listener(handle.state)
        elif stored.revision > handle.revision:
            self._replace(handle, stored)
        if host not in handle.state.hosts:
            self.drop_host(host)
            return None
        if self._by_host.get(host) is not handle:
            self.drop_host(host)
            self._by_host[host] = handle
        return handle

    def apply(self, asked: Collection[str], stored_states: Iterable[StoredState]) -> None:
        """Take the live states of the tenants asked for; one that has none any more is dropped."""
        found = {stored.tenant_id: stored for stored in stored_states}
        for tenant_id in asked:
            handle = self._by_tenant.get(tenant_id)
            if handle is None:
                continue
            stored = found.get(tenant_id)
            if stored is None:
                self._forget(handle)
            elif stored.revision != handle.revision:
                self._replace(handle, stored)

    def drop_host(self, host: str) -> None:
        """Forget where a host leads; its tenant stays loaded."""
        if self._by_host.pop(host, None) is not None:
            self._by_header.clear()

    def _replace(self, handle: TenantHandle, stored: StoredState) -> None:
        try:
            published = self._read(stored)
        except StateUnreadableError:
            return  # The tenant goes on with what it has: better one revision old than down.
        old = handle.state
        handle.replace(published)
        for host in set(old.hosts).difference(published.state.hosts):
            if self._by_host.get(host) is handle:
                self.drop_host(host)
        self._tell(old, published.state)

    def _read(self, stored: StoredState) -> PublishedState:
        """Decode a document; one that cannot be understood is told of once a revision, not once a request."""
        try:
            published = _decode(stored)
            if reason := self._refusal(published.state):
                raise StateUnreadableError(stored.tenant_id, stored.revision, reason)
        except StateUnreadableError as error:
            if self._refused.get(stored.tenant_id) != stored.revision:
                self._refused[stored.tenant_id] = stored.revision
                log.error("state_refused", tenant_id=stored.tenant_id, revision=stored.revision, reason=error.reason)
            raise
        self._refused.pop(stored.tenant_id, None)
        return published

    def _forget(self, handle: TenantHandle) -> None:
        old = handle.state
        del self._by_tenant[old.id]
        self._refused.pop(old.id, None)
        for host in old.hosts:
            if self._by_host.get(host) is handle:
                self.drop_host(host)
        self._tell(old, None)

    def _tell(self, old: TenantState, new: TenantState | None) -> None:
        for listener in self.on_change:
            try:
                listener(old, new)
            except Exception:  # one listener's fault must keep no state from anybody
                log.exception("state_listener_failed", tenant=old.slug)


def _decode(stored: StoredState) -> PublishedState:
    try:
        state = decode_state(stored.document)
    except msgspec.DecodeError as error:
        raise StateUnreadableError(stored.tenant_id, stored.revision, str(error)) from error
    if state.id != stored.tenant_id:
        raise StateUnreadableError(stored.tenant_id, stored.revision, "the document is another tenant's")
    return PublishedState(stored.revision, stored.checksum, state)
