"""From the Host header to the tenant: the one place that decides for whom a request is answered."""

from collections.abc import Mapping

from runtime.asgi import ASGIApp, Headers, Receive, Scope, Send
from runtime.middleware.answer import send_notice
from runtime.middleware.networks import network_allows, network_refused
from runtime.pages import Notice
from runtime.state.cache import StateCache
from runtime.state.resolver import Resolver
from runtime.state.source import SourceUnavailableError, StateUnreadableError
from runtime.tenancy import TenantHandle, bind_tenant
from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.contract.state import TenantStatus

__all__ = ["SUSPENDED", "ResolveTenant", "single_host", "unknown_host"]

SUSPENDED = Notice(
    status=503,
    code="tenant_suspended",
    title="This assistant is paused",
    message="The service for this address is suspended at the moment. Whoever runs it can have it resumed.",
    retry_after=3600,
)
UNAVAILABLE = Notice(
    status=503,
    code="state_unavailable",
    title="Please try again in a moment",
    message="The settings of this assistant cannot be read just now. This usually passes within a minute.",
    retry_after=5,
)


class ResolveTenant:
    """Puts the tenant's handle into ``scope["tenant"]`` and binds it, or answers that there is nobody to serve.

    ``beside`` holds apps that also serve suspended tenants: by path, or by a first segment (``/_assets/``) for all
    below it. Such paths begin with ``/_``.
    """

    def __init__(
        self, app: ASGIApp, resolver: Resolver, cache: StateCache, beside: Mapping[str, ASGIApp] | None = None
    ) -> None:
        self._app = app
        self._beside = beside or {}
        self._resolver = resolver
        self._cache = cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` or ``websocket`` scope; ``lifespan`` belongs to no tenant and goes on untouched."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            header = single_host(scope["headers"])
            handle = self._resolver.resolve_known(header) or await self._resolve(header)
        except InvalidHostError as error:
            await send_notice(scope, send, _invalid_host(error))
            return
        except (SourceUnavailableError, StateUnreadableError):
            await send_notice(scope, send, UNAVAILABLE)
            return
        # An archived tenant is gone for the world outside: its address answers like any that leads nowhere.
        if handle is None or handle.state.status is TenantStatus.ARCHIVED:
            await send_notice(scope, send, unknown_host(normalise_host(header.decode("ascii"))))
            return
        if not network_allows(handle, scope):
            await send_notice(scope, send, network_refused(scope))
            return
        app = self._beside_of(scope["path"]) if scope["type"] == "http" else None
        if app is None and handle.state.status is TenantStatus.SUSPENDED:
            await send_notice(scope, send, SUSPENDED)
            return
        scope["tenant"] = handle
        with bind_tenant(handle):
            await (self._app if app is None else app)(scope, receive, send)

    def _beside_of(self, path: str) -> ASGIApp | None:
        if not path.startswith("/_"):
            return None
        # By their keys: an app may count as false, as one that is empty does.
        return self._beside[path] if path in self._beside else self._beside.get(path[: path.find("/", 1) + 1])

    async def _resolve(self, header: bytes) -> TenantHandle | None:
        if not header.isascii():
            raise InvalidHostError("A Host header holds ASCII characters only.")
        host = normalise_host(header.decode("ascii"))
        handle = await self._resolver.resolve(host)
        # What was found may have been withdrawn while the answer was on its way to this task.
        if handle is not None and self._cache.by_host(host) is handle:
            self._cache.remember_header(header, handle)
        return handle


def single_host(headers: Headers) -> bytes:
    """Return the one Host header; raises ``InvalidHostError`` for none or several (RFC 9112 section 3.2).

    The target of a request in absolute form is not looked at: ASGI servers pass on its path only, so the header is
    the single thing that every layer decides by.
    """
    found = None
    for name, value in headers:
        if name == b"host":
            if found is not None:
                raise InvalidHostError("The request names more than one host.")
            found = value
    if found is None:
        raise InvalidHostError("The request names no host.")
    return found


def _invalid_host(error: InvalidHostError) -> Notice:
    return Notice(
        status=400, code=error.code, title="This address is not valid", message=error.message, closes_connection=True
    )


def unknown_host(host: str) -> Notice:
    """Return what an address hears that leads to no tenant."""
    return Notice(
        status=404,
        code="host_unknown",
        title="There is nothing at this address",
        message=f"No assistant is set up for {host}. Please check the address for typing mistakes.",
        details={"host": host},
    )
