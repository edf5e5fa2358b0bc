"""The way of a request or socket of the bound tenant to Chainlit, past what its origin and its ids must not reach."""

import contextlib

import structlog
from chainlit.server import SOCKET_IO_PATH
from chainlit.server import app as chainlit_app
from starlette.exceptions import HTTPException

from runtime.asgi import ASGIApp, Receive, Scope, Send
from runtime.chainlit_host.answers.static import Prepared, request_header
from runtime.chainlit_host.apps.loading import AppLibrary, AppUnavailableError
from runtime.chainlit_host.cookies import with_secure_cookies
from runtime.chainlit_host.origins import (
    answer_preflight,
    forges,
    is_https,
    origin_is_allowed,
    with_cors_headers,
    with_frame_ancestors,
    with_vary_origin,
)
from runtime.chainlit_host.quick_routes import QuickRoutes
from runtime.chainlit_host.server import has_stock_routes
from runtime.chainlit_host.sessions.transports import Transports
from runtime.chainlit_host.sign_in.leaving import leading_on
from runtime.chainlit_host.sign_in.use import USE_PATH, SignInUse
from runtime.chainlit_host.view import TenantView, TenantViews
from runtime.middleware.answer import send_broken_app, send_notice
from runtime.pages import Notice
from runtime.request import BODY, RememberedBody, bind_connection
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from runtime.trusted_proxy import withhold_headers

__all__ = ["Gate"]

log = structlog.get_logger(__name__)
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """The ASGI app that stands before Chainlit's. ``shows_traces``: a broken app's visitors see why (development)."""

    def __init__(
        self,
        library: AppLibrary,
        views: TenantViews,
        transports: Transports,
        quick_routes: QuickRoutes,
        sign_in_use: SignInUse,
        *,
        shows_traces: bool,
    ) -> None:
        self._library = library
        self._views = views
        self._transports = transports
        self._quick_routes = quick_routes
        self._sign_in_use = sign_in_use
        self._shows_traces = shows_traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` or ``websocket`` scope, with its tenant bound."""
        handle = current_handle()
        if handle is None:
            raise NoTenantError
        withhold_headers(handle, scope)
        try:
            view = self._views.of(handle)
        except AppUnavailableError as error:
            if self._shows_traces and error.name in self._library.traces:
                await send_broken_app(scope, send, error.name, self._library.traces[error.name])
                return
            await send_notice(scope, send, _notice(error))
            return
        if scope["type"] == "websocket":
            await self._serve_socket(handle, view, scope, receive, send)
        else:
            await self._serve_http(handle, view, scope, receive, send)

    async def _serve_http(
        self, handle: TenantHandle, view: TenantView, scope: Scope, receive: Receive, send: Send
    ) -> None:
        origin = request_header(scope, b"origin").decode("latin-1")
        allowed = bool(origin) and self._allows(handle, view, scope, origin)
        if scope["method"] == "OPTIONS" and origin and request_header(scope, b"access-control-request-method"):
            await answer_preflight(scope, receive, send, origin=origin if allowed else None)
            return
        if scope["path"].startswith(SOCKET_IO_PATH):
            if origin and not allowed:
                await _refuse(send, 403, b'"This origin is not allowed."')
                return
            if self._transports.belongs_elsewhere(scope):
                await _refuse(send, 400, b'"Invalid session"')
                return
        if forges(scope, origin, allowed=allowed):
            await _refuse(send, 403, b'"This origin is not allowed."')
            return
        listed = _listed_origins(handle, view)
        if allowed:
            send = with_cors_headers(send, origin)
        elif listed:
            send = with_vary_origin(send)
        if handle.state.access.idle_seconds:
            secure = with_secure_cookies(send, for_other_sites=bool(listed)) if is_https(scope) else send
            send = self._sign_in_use.keeping(scope, secure)
        if (answer := await self._quick_answer(handle, view, scope)) is not None:
            if isinstance(answer, Prepared) and not (allowed or listed):
                answer = answer.send_whole
            await answer(scope, receive, send)
            return
        if is_https(scope):
            send = with_secure_cookies(send, for_other_sites=bool(listed))
        send = leading_on(scope, with_frame_ancestors(send, listed))
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == USE_PATH:
            await self._sign_in_use.answer(scope, receive, send)
            return
        if scope["method"] not in BODILESS:
            receive = scope[BODY] = RememberedBody(receive)
        with bind_connection(scope):
            await chainlit_app(scope, receive, send)

    async def _quick_answer(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        quick = self._quick_routes.find(scope)
        if quick is None or not (has_stock_routes(view.app) or self._quick_routes.is_ours(quick)):
            return None
        try:
            return await quick(handle, view, scope)
        except HTTPException:
            # Raised and answered again behind Chainlit's route, where the app's own error handlers stand.
            return None

    async def _serve_socket(
        self, handle: TenantHandle, view: TenantView, scope: Scope, receive: Receive, send: Send
    ) -> None:
        origin = request_header(scope, b"origin").decode("latin-1")
        foreign = bool(origin) and not self._allows(handle, view, scope, origin)
        # On a socket of the app's own, ``sid`` is a word like any other.
        if foreign or (scope["path"].startswith(SOCKET_IO_PATH) and self._transports.belongs_elsewhere(scope)):
            await _close_socket(receive, send)
            return
        with bind_connection(scope):
            await chainlit_app(scope, receive, send)

    @staticmethod
    def _allows(handle: TenantHandle, view: TenantView, scope: Scope, origin: str) -> bool:
        return origin_is_allowed(scope, origin, hosts=handle.state.hosts, listed=_listed_origins(handle, view))


def _listed_origins(handle: TenantHandle, view: TenantView) -> frozenset[str]:
    """Return the other web sites that the app and the tenant name; the star names none (ADR 0006)."""
    by_app = view.project.allow_origins or ()
    return handle.compiled("listed_origins", lambda state: frozenset({*by_app, *state.access.allowed_origins} - {"*"}))


def _notice(error: AppUnavailableError) -> Notice:
    return Notice(
        status=error.status,
        code=error.code,
        title="Not available just now",
        message=f"This chat uses the app “{error.name}”, which the server cannot run at the moment. "
        "Please try again later, or tell the administrator of this chat.",
    )


async def _refuse(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _close_socket(receive: Receive, send: Send) -> None:
    await receive()
    with contextlib.suppress(OSError):
        await send({"type": "websocket.close", "code": 1008})
