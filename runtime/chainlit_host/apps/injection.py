"""Seam: the decorators that register hooks. A hook may ask for the request and for the tenant, by annotation.

``async def answer(message: cl.Message, request: Request, tenant: Tenant)`` is registered as a hook that takes a message
alone, and called with all three. Chainlit looks at the names a hook takes and passes its arguments by name, so what is
injected is hidden from the signature it sees. A hook that asks for nothing is registered as it is.
"""

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import chainlit.callbacks
import fastapi
import starlette.requests
from starlette.requests import HTTPConnection, Request

import runtime
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.seams import HOOK_DECORATORS
from runtime.request import current_request, find_request
from runtime.tenancy import Tenant, tenant

__all__ = ["install_injection", "with_injection"]

Hook = Callable[..., Any]

GIVEN_THE_REQUEST = frozenset({"on_logout"})
"""Hooks whose first argument is the request already."""

_BY_NAME = frozenset({inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY})
_REQUEST_TYPES = frozenset({HTTPConnection, Request})
# What an annotation may name that was imported for type checkers only.
_NAMES_OF_TYPES = {
    "HTTPConnection": HTTPConnection,
    "Request": Request,
    "Tenant": Tenant,
    "fastapi": fastapi,
    "runtime": runtime,
    "starlette": starlette,
}


class Wanted(NamedTuple):
    """A parameter to be filled, with the tenant or the request, and what it takes where there is none."""

    of_type: type[Tenant] | type[Request]
    takes_none: bool
    has_default: bool = False


def install_injection() -> None:
    """Replace every decorator that registers a hook."""
    for name in HOOK_DECORATORS:
        register = getattr(chainlit.callbacks, name)
        rebind(register, _injecting(register, given_the_request=name in GIVEN_THE_REQUEST))
    rebind(chainlit.callbacks.action_callback, _injecting_actions(chainlit.callbacks.action_callback))


def _injecting(register: Callable[[Hook], Hook], *, given_the_request: bool = False) -> Callable[[Hook], Hook]:
    @functools.wraps(register)
    def decorate(func: Hook) -> Hook:
        register(with_injection(func, given_the_request=given_the_request))
        return func

    return decorate


def _injecting_actions(action_callback: Callable[[str], Callable[[Hook], Hook]]) -> Callable[..., Any]:
    @functools.wraps(action_callback)
    def decorate(name: str) -> Callable[[Hook], Hook]:
        return _injecting(action_callback(name))

    return decorate


def with_injection(hook: Hook, *, given_the_request: bool = False) -> Hook:
    """Return ``hook`` with what it asks for filled in, or itself when it asks for nothing.

    ``given_the_request``: Chainlit passes the request as the first argument, so it is moved there, not hidden.
    """
    try:
        signature = inspect.signature(hook)
    except (TypeError, ValueError):
        # Something built in: it declares nothing that could be read.
        return hook
    wanted = _wanted_by(hook, signature)
    first = (
        next((name for name, want in wanted.items() if want.of_type is Request), None) if given_the_request else None
    )
    if first is not None:
        del wanted[first]
    shown = [
        parameter.replace(kind=parameter.KEYWORD_ONLY)  # as they are passed: an order of defaults is then no matter
        for name, parameter in signature.parameters.items()
        if parameter.kind in _BY_NAME and name not in wanted
    ]
    # Sorting is stable and False comes first: the request, then everything else as it was written.
    shown.sort(key=lambda parameter: parameter.name != first)
    names = [parameter.name for parameter in shown]
    if not wanted and (first is None or names == list(signature.parameters)):
        return hook

    if inspect.iscoroutinefunction(hook):

        @functools.wraps(hook)
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await hook(**dict(zip(names, args, strict=False)), **kwargs, **_filled(wanted))

    else:

        @functools.wraps(hook)
        def call(*args: Any, **kwargs: Any) -> Any:
            return hook(**dict(zip(names, args, strict=False)), **kwargs, **_filled(wanted))

    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # inspect.signature reads it
    return call


def _filled(wanted: Mapping[str, Wanted]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, want in wanted.items():
        # An unbound ``tenant`` is falsy and says so when it is read.
        value = find_request() if want.of_type is Request else tenant or None
        if value is not None or (want.takes_none and not want.has_default):
            filled[name] = value
        elif not want.has_default:
            filled[name] = tenant if want.of_type is Tenant else current_request()
    return filled


def _wanted_by(hook: Hook, signature: inspect.Signature) -> dict[str, Wanted]:
    bound = hook.keywords if isinstance(hook, functools.partial) else {}
    namespace = _namespace_of(hook)
    wanted: dict[str, Wanted] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind not in _BY_NAME or name in bound:
            continue
        if found := _injectable(parameter.annotation, namespace):
            wanted[name] = found._replace(has_default=parameter.default is not parameter.empty)
    return wanted


def _injectable(annotation: Any, namespace: dict[str, Any]) -> Wanted | None:
    try:
        # One at a time: another parameter's annotation may name what exists for type checkers alone.
        resolved = typing.get_type_hints(types.SimpleNamespace(__annotations__={"it": annotation}), namespace)["it"]
    except Exception:  # noqa: BLE001 - an annotation may be any expression; one that fails names nothing of ours
        return None
    union = typing.get_origin(resolved) in (typing.Union, types.UnionType)
    members = set(typing.get_args(resolved) if union else (resolved,))
    takes_none = types.NoneType in members
    members.discard(types.NoneType)
    if members == {Tenant}:
        return Wanted(Tenant, takes_none)
    if members and members <= _REQUEST_TYPES:
        return Wanted(Request, takes_none)
    return None


def _namespace_of(hook: Hook) -> dict[str, Any]:
    """Return the names that the hook's annotations may use."""
    while isinstance(hook, functools.partial):
        hook = hook.func
    function = inspect.unwrap(hook)
    if not hasattr(function, "__globals__"):
        # An object that can be called, with the method that its class has for it.
        function = inspect.unwrap(type(function).__call__)
    return {**_NAMES_OF_TYPES, **getattr(function, "__globals__", {})}
