"""Seam: ``chainlit.server.app``. Each app has its own routes, middleware and error handlers of the one FastAPI app.

Apps add routes while they are imported and move Chainlit's catch-all behind them. All of that lands in what belongs to
the app being imported, and only its tenants are served by it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar

from chainlit.server import app, router
from fastapi import APIRouter, FastAPI
from starlette.datastructures import State
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from runtime.chainlit_host.apps.hooks import ErrorReports
from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp
from runtime.chainlit_host.cookies import set_session_cookie
from runtime.chainlit_host.history.files import FILE_PATH, ConversationFiles
from runtime.chainlit_host.history.sharing import showing_what_was_said
from runtime.chainlit_host.pages.assets import AssetRoutes
from runtime.chainlit_host.sessions.ownership import Ownership
from runtime.chainlit_host.sessions.session_files import of_living_sessions
from runtime.chainlit_host.sign_in.identity_providers import IdentityProviders
from tenants.contract.errors import UnavailableError

__all__ = ["has_stock_routes", "install_server"]

Endpoint = Callable[[Request], Awaitable[Any]]


class PerApp:
    """An attribute of the FastAPI app or its router of which each app has a copy, made when first asked for."""

    library: ClassVar[AppLibrary]

    def __init__(self, name: str, copy: Callable[[Any], Any]) -> None:
        self._name = name
        self._copy = copy

    def __get__(self, instance: Any, owner: type) -> Any:
        """Return the current app's copy, or the original outside any app."""
        if instance is None:
            return self
        current = self.library.current()
        if current is None:
            return instance.__dict__[self._name]
        if self._name not in current.server:
            current.server[self._name] = self._copy(instance.__dict__[self._name])
        return current.server[self._name]

    def __set__(self, instance: Any, value: Any) -> None:
        """Set the current app's copy, or the original outside any app."""
        current = self.library.current()
        (instance.__dict__ if current is None else current.server)[self._name] = value


class TenantRouter(APIRouter):
    """Chainlit's router with each app's own routes."""


class TenantFastAPI(FastAPI):
    """Chainlit's FastAPI app with each app's own middleware, error handlers, state, overrides and description."""


def install_server(
    library: AppLibrary,
    assets: AssetRoutes,
    identity_providers: IdentityProviders,
    reports: ErrorReports,
    ownership: Ownership,
    *,
    files: ConversationFiles | None,
) -> None:
    """Replace the endpoints that are ours and divide the rest by app."""
    replacements = _replacements(assets, identity_providers)
    # Chainlit includes its router whole; taken apart, its routes are in reach of apps that reorder them. Of the routes
    # before it the sockets' is kept: FastAPI's pages about the server's interfaces are not for a tenant's visitors.
    app.router.routes[:] = [
        *(route for route in app.router.routes if isinstance(route, Mount)),
        *([Route(FILE_PATH, files.answer, methods=["GET"])] if files is not None else []),
        *(_guarded(_replaced(route, replacements), ownership) for route in router.routes),
    ]
    # The same list: what an app adds to Chainlit's router is served as what it adds to the server is.
    router.routes = app.router.routes
    fixed_origins: Any = CORSMiddleware
    app.user_middleware[:] = [entry for entry in app.user_middleware if entry.cls is not fixed_origins]
    app.exception_handlers[StarletteHTTPException] = reports.answer_http_error
    app.exception_handlers[UnavailableError] = _answer_unavailable
    PerApp.library = library
    _divide((app.router, router), TenantRouter, {"routes": list})
    _divide(
        (app,),
        TenantFastAPI,
        {
            "dependency_overrides": dict,
            "exception_handlers": dict,
            "middleware_stack": _nothing,
            "openapi_schema": _nothing,
            "state": _copy_of_state,
            "user_middleware": list,
        },
    )


def _guarded(route: BaseRoute, ownership: Ownership) -> BaseRoute:
    return showing_what_was_said(ownership.guarded(of_living_sessions(route)))


async def _answer_unavailable(_: Request, error: Exception) -> Response:
    if not isinstance(error, UnavailableError):
        raise error
    return JSONResponse({"detail": error.message, "code": error.code}, error.status, headers={"retry-after": "5"})


def has_stock_routes(loaded: LoadedApp) -> bool:
    """Say whether the app left Chainlit's routes, middleware and dependencies as they are."""
    own = loaded.server
    if own.get("dependency_overrides"):
        return False
    routes, middleware = app.router.__dict__["routes"], app.__dict__["user_middleware"]
    return bool(own.get("routes", routes) == routes and own.get("user_middleware", middleware) == middleware)


def _replacements(assets: AssetRoutes, identity_providers: IdentityProviders) -> dict[str, Endpoint]:
    return {
        "/public/{filename:path}": assets.endpoint(assets.public_file),
        "/assets/{filename:path}": assets.endpoint(assets.frontend_file),
        "/copilot/{filename:path}": assets.endpoint(assets.copilot_file),
        "/favicon": assets.endpoint(assets.favicon),
        "/logo": assets.endpoint(assets.logo),
        "/avatars/{avatar_id:str}": assets.endpoint(assets.avatar),
        "/auth/oauth/{provider_id}": identity_providers.begin,
        "/set-session-cookie": set_session_cookie,
        "/{full_path:path}": assets.endpoint(assets.page),
    }


def _replaced(route: BaseRoute, replacements: dict[str, Endpoint]) -> BaseRoute:
    if not isinstance(route, Route) or route.path not in replacements:
        return route
    return Route(route.path, replacements[route.path], methods=sorted(route.methods or ()), name=route.name)


def _divide(instances: Iterable[Any], swapped_class: type, attributes: Mapping[str, Callable[[Any], Any]]) -> None:
    for name, copy in attributes.items():
        setattr(swapped_class, name, PerApp(name, copy))
    for instance in instances:
        instance.__class__ = swapped_class


def _nothing(_: Any) -> None:
    """Start without what is built on the first request that needs it, of what the app itself has added."""


def _copy_of_state(state: State) -> State:
    return State(dict(state._state))
