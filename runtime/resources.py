"""``per_tenant``: one client a tenant, of whatever an app talks to. Built when first asked for, closed when let go.

An app makes it once, at module level, and asks it wherever a tenant is bound::

    client = per_tenant(lambda tenant: AsyncOpenAI(api_key=tenant.env["OPENAI_API_KEY"]))


    @cl.on_message
    async def answer(message: cl.Message) -> None:
        stream = await client().chat.completions.create(...)

Who is still at work with a client is not cut off. A task holds what it was given until it ends or is given a newer one,
so a client that was let go meanwhile is closed after the last such task. Code without a task (a thread) cannot be
seen to end: what it was given stays open for ``THREAD_GRACE_SECONDS``.
"""

import asyncio
import contextlib
import functools
import inspect
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar, cast, overload
from weakref import WeakKeyDictionary, WeakSet

from runtime.closing import Close, Closer, close_by_its_own_means
from runtime.tenancy import NoTenantError, Tenant, TenantHandle, current_handle, tenant

__all__ = ["PerTenant", "Resources", "per_tenant", "resources"]

Resource = TypeVar("Resource")
Given = TypeVar("Given")
Task = asyncio.Task[Any]

DEFAULT_SIZE = 256
THREAD_GRACE_SECONDS = 300.0


class _Entry:
    """What was built, or is being built, for one tenant with one environment."""

    __slots__ = ("_environment", "builder", "building", "held_by", "is_final", "kept_until", "partition", "ready")

    def __init__(self, handle: TenantHandle) -> None:
        self.partition = handle.partition
        self._environment: Mapping[str, str] = handle.environment
        self.ready: Future[Any] = Future()
        # Running from the start: one who waits and is cancelled cannot cancel it for the others.
        self.ready.set_running_or_notify_cancel()
        self.builder = threading.get_ident()
        self.building: Task | None = None
        self.held_by = 0
        self.kept_until = 0.0
        self.is_final = False

    def is_for(self, environment: Mapping[str, str]) -> bool:
        """Say whether the tenant's environment is still what this was built with."""
        if self._environment is environment:
            return True
        if self._environment != environment:
            return False
        # Another revision with equal values: from now on the quick comparison answers.
        self._environment = environment
        return True

    def is_used(self) -> bool:
        """Say whether closing it now would cut somebody off; at the end of the process that is no matter."""
        if not self.ready.done():
            return True
        return not self.is_final and (self.held_by > 0 or time.monotonic() < self.kept_until)


class PerTenant(Generic[Given]):
    """One resource a tenant; calling it returns the bound tenant's. Made by ``per_tenant``."""

    def __init__(self, factory: Callable[[Tenant], Any], *, size: int, close: Close) -> None:
        if size < 1:
            raise ValueError("There must be room for one tenant at least.")
        self._factory = factory
        self._is_async = _is_coroutine_function(factory)
        self._size = size
        self._close = close
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._let_go: set[_Entry] = set()
        self._held: WeakKeyDictionary[Task, _Entry] = WeakKeyDictionary()
        self._lock = threading.RLock()
        resources.add(self)

    def __call__(self) -> Given:
        """Return the bound tenant's resource; of an async factory, something to await for it.

        Raises ``NoTenantError`` where no tenant is bound, and whatever the factory raises; the next call tries again.
        """
        return cast("Given", self._obtain_async() if self._is_async else self._obtain())

    def __len__(self) -> int:
        """Count the tenants that have one now; those let go and still in use are not counted."""
        return len(self._entries)

    def refresh(self, handle: TenantHandle) -> None:
        """Let a tenant's resource go when its environment is no longer what it was built with."""
        with self._lock:
            entry = self._entries.get(handle.partition)
            if entry is not None and not entry.is_for(handle.environment):
                self._let_it_go(entry)
        self._close_unused()

    def forget(self, tenant_id: str) -> None:
        """Let a tenant's resource go."""
        with self._lock:
            if entry := self._entries.get(tenant_id):
                self._let_it_go(entry)
        self._close_unused()

    def close(self) -> None:
        """Close everything, also what is in use; what is just being built is closed when it is."""
        with self._lock:
            for entry in tuple(self._entries.values()):
                self._let_it_go(entry)
            for entry in self._let_go:
                entry.is_final = True
        self._close_unused()

    def _obtain(self) -> Any:
        entry, is_new = self._take()
        if is_new:
            with self._building(entry):
                made = self._factory(tenant)
                if inspect.iscoroutine(made):
                    made.close()
                    raise TypeError("A factory that returns a coroutine must be declared with `async def`.")
                entry.ready.set_result(made)
        elif not entry.ready.done() and entry.builder == threading.get_ident():
            raise RuntimeError("The factory asks for what it is just making.")
        return entry.ready.result()

    async def _obtain_async(self) -> Any:
        entry, is_new = self._take()
        if is_new:
            # A task of its own: when the one who asked first is cancelled, the others still get theirs.
            entry.building = asyncio.create_task(self._build(entry))
        return await asyncio.wrap_future(entry.ready)

    async def _build(self, entry: _Entry) -> None:
        # What the factory raises is for those who wait, and they get it from ``ready``.
        with contextlib.suppress(Exception), self._building(entry):
            entry.ready.set_result(await self._factory(tenant))

    @contextlib.contextmanager
    def _building(self, entry: _Entry) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            with self._lock:
                self._let_go.discard(entry)
                if self._entries.get(entry.partition) is entry:
                    del self._entries[entry.partition]
            entry.ready.set_exception(error)
            raise
        # It may have been let go while it was built.
        self._close_unused()

    def _take(self) -> tuple[_Entry, bool]:
        """Return the bound tenant's entry, held by the running code, and whether it must still be built."""
        handle = current_handle()
        if handle is None:
            raise NoTenantError
        environment = handle.environment
        with self._lock:
            entry = self._entries.get(handle.partition)
            is_new = entry is None or not entry.is_for(environment)
            if entry is not None and is_new:
                self._let_it_go(entry)
            if entry is None or is_new:
                entry = self._entries[handle.partition] = _Entry(handle)
            self._entries.move_to_end(handle.partition)
            self._hold(entry)
            if len(self._entries) > self._size:
                self._let_it_go(next(iter(self._entries.values())))
        self._close_unused()
        return entry, is_new

    def _hold(self, entry: _Entry) -> None:
        task = _current_task()
        if task is None:
            entry.kept_until = time.monotonic() + THREAD_GRACE_SECONDS
            return
        before = self._held.get(task)
        if before is entry:
            return
        if before is None:
            task.add_done_callback(self._end_hold)
        else:
            before.held_by -= 1
        self._held[task] = entry
        entry.held_by += 1

    def _end_hold(self, task: Task) -> None:
        with self._lock:
            self._held.pop(task).held_by -= 1
        self._close_unused()

    def _let_it_go(self, entry: _Entry) -> None:
        del self._entries[entry.partition]
        self._let_go.add(entry)
        if (kept_for := entry.kept_until - time.monotonic()) > 0:
            resources.closer.call_later(kept_for, self._close_unused)

    def _close_unused(self) -> None:
        if not self._let_go:
            return
        with self._lock:
            unused = [entry for entry in self._let_go if not entry.is_used()]
            self._let_go.difference_update(unused)
        for entry in unused:
            resources.closer.close(entry.ready.result(), self._close, tenant_id=entry.partition)


class Resources:
    """All that ``per_tenant`` made in this process, for whoever knows when tenants come and go."""

    def __init__(self) -> None:
        self.closer = Closer()
        # Weak: what an app makes inside a function goes when the function does.
        self._all: WeakSet[PerTenant[Any]] = WeakSet()

    def add(self, made: PerTenant[Any]) -> None:
        """Take care of one more."""
        self._all.add(made)

    def start(self) -> None:
        """Close on the running loop what is let go elsewhere."""
        self.closer.start(asyncio.get_running_loop())

    def refresh(self, handle: TenantHandle) -> None:
        """Let go what was built with an environment that the tenant no longer has."""
        for made in tuple(self._all):
            made.refresh(handle)

    def forget(self, tenant_id: str) -> None:
        """Let go what was built for a tenant that is served no more."""
        for made in tuple(self._all):
            made.forget(tenant_id)

    async def stop(self) -> None:
        """Close everything and wait for it, for a limited time."""
        for made in tuple(self._all):
            made.close()
        await self.closer.stop()


resources = Resources()


@overload
def per_tenant(
    factory: Callable[[Tenant], Coroutine[Any, Any, Resource]], *, size: int = ..., close: Close = ...
) -> PerTenant[Awaitable[Resource]]: ...


@overload
def per_tenant(
    factory: Callable[[Tenant], Resource], *, size: int = ..., close: Close = ...
) -> PerTenant[Resource]: ...


def per_tenant(
    factory: Callable[[Tenant], Any], *, size: int = DEFAULT_SIZE, close: Close = close_by_its_own_means
) -> PerTenant[Any]:
    """Return something to call for the bound tenant's own resource, made by ``factory(tenant)`` when first wanted.

    At most ``size`` tenants have one; the one longest not asked for is let go first. It is also let go when the
    tenant's environment changes, when the tenant is suspended or gone, and at the end of the process. ``close`` is
    then called with it, and awaited if it has to be; by default that is its ``aclose``, ``close`` or exit. A factory
    declared with ``async def`` is awaited, once however many ask: ``await client()``.
    """
    return PerTenant(factory, size=size, close=close)


def _is_coroutine_function(factory: Callable[..., Any]) -> bool:
    while isinstance(factory, functools.partial):
        factory = factory.func
    return inspect.iscoroutinefunction(factory) or inspect.iscoroutinefunction(type(factory).__call__)


def _current_task() -> Task | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
