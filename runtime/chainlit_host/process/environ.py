"""Seam: ``os.environ``. Apps and SDKs read keys there, so it answers tenant → plan → app → platform → process.

Values of a tenant never get out of its code: what runs for a tenant writes into the tenant's own layer (a library that
sets a variable back to what it read would otherwise hand a secret to every tenant), and ``children`` keeps them out
of child processes. Iterating, copying, ``in`` and ``get`` agree with each other.
"""

import os
from collections.abc import Iterator, MutableMapping
from typing import ClassVar, Protocol

from runtime.environment import Environment, Layer
from runtime.tenancy import current_handle

__all__ = ["TenantEnviron", "environment_without_tenant", "forget_environment", "install_environ", "tenant_values"]

_written: dict[str, dict[str, str | None]] = {}
"""What code that ran for a tenant set (or removed: None), by tenant id."""


class App(Protocol):
    """An app as far as it has an environment (``LoadedApp``)."""

    environment: dict[str, str | None]


class Apps(Protocol):
    """Who knows which app runs (``AppLibrary``)."""

    def current(self) -> App | None:
        """Return the app of the bound tenant, else the one that is being loaded, started or stopped, else None."""


class TenantEnviron(os._Environ[str]):
    """``os.environ`` with layers; without a tenant or an app it is the process environment as ever."""

    library: ClassVar[Apps]

    def __getitem__(self, key: str) -> str:
        """Return the variable as the running code sees it; KeyError where no layer has it."""
        for layer in _layers():
            if key in layer:
                value = layer[key]
                if value is None:
                    raise KeyError(key)
                return value
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: str) -> None:
        """Set the variable for the tenant, the app that is being loaded, or the process."""
        target = _writable_layer()
        if target is None:
            super().__setitem__(key, value)
            return
        # Refuses what is no text, as the process environment does.
        self.encodekey(key)
        self.encodevalue(value)
        target[key] = value

    def __delitem__(self, key: str) -> None:
        """Remove the variable where ``__setitem__`` would have set it."""
        target = _writable_layer()
        if target is None:
            super().__delitem__(key)
            return
        self[key]  # a missing variable raises KeyError, as it does without layers
        target[key] = None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names that ``__getitem__`` answers."""
        process = dict.fromkeys(super().__iter__(), "")
        return iter(Environment(*_layers(), process))

    def __len__(self) -> int:
        """Count what ``__iter__`` yields."""
        return sum(1 for _ in self)

    def copy(self) -> dict[str, str]:
        """Return a dictionary of all variables the running code sees."""
        return dict(self)

    def __repr__(self) -> str:
        """Name no value: this object ends up in logs and error pages."""
        return f"<environment of {len(self)} variables>"


def _layers() -> tuple[Layer, ...]:
    """Return the layers over the process environment, the nearest first."""
    handle = current_handle()
    if handle is not None:
        return (_written.get(handle.partition, {}), *handle.environment.layers)
    app = TenantEnviron.library.current()
    return () if app is None else (app.environment,)


def _writable_layer() -> MutableMapping[str, str | None] | None:
    handle = current_handle()
    if handle is not None:
        return _written.setdefault(handle.partition, {})
    app = TenantEnviron.library.current()
    return None if app is None else app.environment


def tenant_values() -> Layer:
    """Return what the bound tenant's code sees beside its app's environment and the process's; empty without a tenant.

    That is the tenant's, the plan's and the platform's, and what the tenant's code wrote.
    """
    handle = current_handle()
    if handle is None:
        return {}
    tenant, plan, _, platform = handle.environment.layers
    return {**platform, **plan, **tenant, **_written.get(handle.partition, {})}


def environment_without_tenant() -> dict[str, str]:
    """Return the process's variables with those of the current app over them: what a child process may have."""
    read = os._Environ.__getitem__
    values: dict[str, str | None] = {name: read(os.environ, name) for name in os._Environ.__iter__(os.environ)}
    if (app := TenantEnviron.library.current()) is not None:
        values.update(app.environment)
    return {name: value for name, value in values.items() if value is not None}


def forget_environment(tenant_id: str) -> None:
    """Drop what a tenant's code wrote, when the tenant is closed."""
    _written.pop(tenant_id, None)


def install_environ(library: Apps) -> None:
    """Make ``os.environ`` answer for tenants and apps; ``os.getenv`` reads it too."""
    TenantEnviron.library = library
    os.environ.__class__ = TenantEnviron
