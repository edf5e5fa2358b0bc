"""Seam: LangChain's cache of answers, which ``set_llm_cache`` sets for a whole process.

Here each app has its own, as under ``chainlit run``, and in it each tenant its own part. What is set while a tenant is
bound is that tenant's alone: it may lead to the tenant's own database. LangChain is the apps' to install and to import;
its module is changed when the first of them does, before anything else can know its functions.
"""

import functools
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp
from runtime.tenancy import current_handle

__all__ = ["LanguageModelCaches"]

MODULE = "langchain_core.globals"
GET, SET = "get_llm_cache", "set_llm_cache"


@dataclass(slots=True)
class _AppCaches:
    """The caches of one app: by the tenant for which they were set, None where they were set for all."""

    by_tenant: dict[str | None, Any] = field(default_factory=dict)
    clearings: Counter[str] = field(default_factory=Counter)
    """How often each tenant has cleared its part. It is in the key, so results of before are not found again."""


class LanguageModelCaches:
    """The cache that LangChain finds for the running app and tenant; outside any app it finds its own, as ever."""

    def __init__(self, library: AppLibrary) -> None:
        self._library = library
        self._by_app: WeakKeyDictionary[LoadedApp, _AppCaches] = WeakKeyDictionary()

    def install(self) -> None:
        """Let ``get_llm_cache`` and ``set_llm_cache`` mean the running app, whenever they come to be imported."""
        sys.meta_path.insert(0, _Finder(self._replace))
        if (module := sys.modules.get(MODULE)) is not None:
            self._replace(module)

    def forget(self, tenant_id: str) -> None:
        """Drop a tenant's caches, and its results from caches in memory."""
        for caches in list(self._by_app.values()):
            caches.by_tenant.pop(tenant_id, None)
            for cache in caches.by_tenant.values():
                _discard(cache, tenant_id)

    def _replace(self, module: ModuleType) -> None:
        names = vars(module)
        get_of_process, set_of_process = names[GET], names[SET]

        @functools.wraps(get_of_process)
        def get_llm_cache() -> Any:
            app = self._library.current()
            return get_of_process() if app is None else self._get(app)

        @functools.wraps(set_of_process)
        def set_llm_cache(value: Any) -> None:
            app = self._library.current()
            if app is None:
                set_of_process(value)
            else:
                self._set(app, value)

        replacements = ((GET, get_of_process, get_llm_cache), (SET, set_of_process, set_llm_cache))
        # Where the module was imported before us, others have its functions by name already.
        for namespace in [
            names,
            *(vars(other) for other in list(sys.modules.values()) if isinstance(other, ModuleType)),
        ]:
            for name, original, replacement in replacements:
                if namespace.get(name) is original:
                    namespace[name] = replacement

    def _get(self, app: LoadedApp) -> Any:
        caches = self._by_app.get(app)
        if caches is None:
            return None
        tenant_id = _tenant_id()
        cache = caches.by_tenant[tenant_id] if tenant_id in caches.by_tenant else caches.by_tenant.get(None)
        return None if cache is None else _TenantsPart(cache, caches.clearings)

    def _set(self, app: LoadedApp, cache: Any) -> None:
        # Apps put back what they got: the part of it that was theirs is cut out anew each time.
        whole = _whole(cache) if type(cache) is _TenantsPart else cache
        self._by_app.setdefault(app, _AppCaches()).by_tenant[_tenant_id()] = whole


class _TenantsPart:
    """A cache in which the running tenant finds what it has put there itself, and nothing without a tenant.

    The tenant stands in ``llm_string``, which caches compare exactly, whereas some search for similar prompts.
    Everything else is the cache's own, its class too: Pydantic and apps ask whether this is a ``BaseCache``.
    """

    __slots__ = ("__cache", "__clearings")

    def __init__(self, cache: Any, clearings: Counter[str]) -> None:
        object.__setattr__(self, "_TenantsPart__cache", cache)
        object.__setattr__(self, "_TenantsPart__clearings", clearings)

    @property  # type: ignore[misc]  # typeshed has it as an attribute that is written, too
    def __class__(self) -> type[Any]:
        """The cache's class."""
        return type(self.__cache)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__cache, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__cache, name, value)

    def lookup(self, prompt: str, llm_string: str) -> Sequence[Any] | None:
        """Return the tenant's result; None where there is none."""
        key = self.__key(llm_string)
        return None if key is None else self.__cache.lookup(prompt, key)

    async def alookup(self, prompt: str, llm_string: str) -> Sequence[Any] | None:
        """Return the tenant's result; None where there is none."""
        key = self.__key(llm_string)
        return None if key is None else await self.__cache.alookup(prompt, key)

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Any]) -> None:
        """Keep a result for the tenant. Without one it is not kept, for nobody knows whose it is."""
        key = self.__key(llm_string)
        if key is not None:
            self.__cache.update(prompt, key, return_val)

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Any]) -> None:
        """Keep a result for the tenant. Without one it is not kept, for nobody knows whose it is."""
        key = self.__key(llm_string)
        if key is not None:
            await self.__cache.aupdate(prompt, key, return_val)

    def clear(self, **kwargs: Any) -> None:
        """Clear the tenant's part; where the app runs for no tenant, the whole cache."""
        options = self.__clears_itself(kwargs)
        if options is not None:
            self.__cache.clear(**options)

    async def aclear(self, **kwargs: Any) -> None:
        """Clear the tenant's part; where the app runs for no tenant, the whole cache."""
        options = self.__clears_itself(kwargs)
        if options is not None:
            await self.__cache.aclear(**options)

    def __key(self, llm_string: str) -> str | None:
        tenant_id = _tenant_id()
        return None if tenant_id is None else f"{_prefix(tenant_id)}{self.__clearings[tenant_id]} {llm_string}"

    def __clears_itself(self, options: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return with what options the cache itself is to clear, or None where the tenant's part is cleared here."""
        tenant_id = _tenant_id()
        if tenant_id is None:
            return options
        if "llm_string" in options:
            # Caches that search by similarity clear what belongs to one model, and so to one tenant.
            return {**options, "llm_string": self.__key(options["llm_string"])}
        self.__clearings[tenant_id] += 1
        _discard(self.__cache, tenant_id)
        return None


def _whole(part: _TenantsPart) -> Any:
    return object.__getattribute__(part, "_TenantsPart__cache")


def _discard(cache: Any, tenant_id: str) -> None:
    """Take a tenant's results out of a cache that has them in a dictionary, as ``InMemoryCache`` does.

    Other caches have no way to remove some results; there they are never found again.
    """
    results = getattr(cache, "_cache", None)
    if isinstance(results, dict):
        for key in list(results):
            if isinstance(key, tuple) and str(key[-1]).startswith(_prefix(tenant_id)):
                results.pop(key, None)


def _prefix(tenant_id: str) -> str:
    return f"tenant {tenant_id} "


def _tenant_id() -> str | None:
    handle = current_handle()
    return None if handle is None else handle.partition


class _Finder(MetaPathFinder):
    """Finds LangChain's module as it is found anyway, and has it changed right after it has run."""

    def __init__(self, replace: Callable[[ModuleType], None]) -> None:
        self._replace = replace

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != MODULE:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((found for finder in others if (found := finder.find_spec(fullname, path, target))), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._replace)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Loader, replace: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._replace = replace

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._replace(module)
