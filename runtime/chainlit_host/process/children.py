"""Seam: the start of child processes. A child never gets a tenant's variables, whichever way it is started."""

import os
import subprocess
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from runtime.chainlit_host.apps.loading import AppLibrary
from runtime.chainlit_host.process.environ import environment_without_tenant, tenant_values

__all__ = ["install_children"]

Environment = Mapping[Any, Any]

# Each takes (path, arguments, environment, ...); every other function of os that takes an environment ends in these.
TAKING_ENVIRONMENT = ("execve", "posix_spawn", "posix_spawnp")
POPEN_ENVIRONMENT = 10
"""The position of ``env`` among the positional arguments of ``subprocess.Popen.__init__``, after ``self``."""


def install_children(library: AppLibrary) -> None:
    """Strip the bound tenant's values from what child processes are given."""
    _wrap_popen(library)
    # A forked process goes on in the middle of a tenant's code, with everything in its memory, but not for the tenant.
    os.register_at_fork(after_in_child=library.leave_tenant)
    for name in TAKING_ENVIRONMENT:
        setattr(os, name, _stripping(getattr(os, name)))


def _wrap_popen(library: AppLibrary) -> None:
    start = subprocess.Popen.__init__

    @wraps(start)
    def start_without_tenant(self: Any, *args: Any, **kwargs: Any) -> None:
        given = kwargs.get("env") if len(args) <= POPEN_ENVIRONMENT else args[POPEN_ENVIRONMENT]
        if given is None:
            # The C library's environment: without the tenant's values, but also without what the app itself set.
            allowed: Environment | None = environment_without_tenant() if library.current() else None
        else:
            allowed = _stripped(given)
        if len(args) > POPEN_ENVIRONMENT:
            args = (*args[:POPEN_ENVIRONMENT], allowed, *args[POPEN_ENVIRONMENT + 1 :])
        else:
            kwargs["env"] = allowed
        start(self, *args, **kwargs)

    subprocess.Popen.__init__ = start_without_tenant  # type: ignore[method-assign]  # the seam itself


def _stripping(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def start(path: Any, arguments: Any, environment: Environment, *args: Any, **kwargs: Any) -> Any:
        return function(path, arguments, _stripped(environment), *args, **kwargs)

    return start


def _stripped(given: Environment) -> Environment:
    """Return ``given`` with each value that is the tenant's replaced by what there is without the tenant."""
    tenant = tenant_values()
    if not tenant:
        return given
    below = environment_without_tenant()
    allowed: dict[Any, Any] = {}
    for name, value in dict(given).items():
        if tenant.get(os.fsdecode(name)) != os.fsdecode(value):
            allowed[name] = value
        elif os.fsdecode(name) in below:
            allowed[name] = below[os.fsdecode(name)]
    return allowed
