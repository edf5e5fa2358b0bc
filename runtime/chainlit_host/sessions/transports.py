"""Seam: Engine.IO's transports and Socket.IO's events. Each transport belongs to the tenant on whose host it began.

Engine.IO keeps one dictionary of transports for all hosts and asks nothing but the id. Here a request for a transport
of another tenant is answered as if the id did not exist, and every event runs for the transport's own tenant, also
those that come from Engine.IO's own task (a client that stopped answering).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import structlog
from chainlit.server import sio
from socketio.exceptions import ConnectionRefusedError as SocketRefusedError

from runtime.asgi import Scope
from runtime.chainlit_host.apps.loading import AppLibrary
from runtime.chainlit_host.sessions.stores import is_plain_id, is_session_id
from runtime.chainlit_host.sign_in.auth import SignIn
from runtime.live import browser_of
from runtime.middleware.networks import network_allows
from runtime.request import bind_connection
from runtime.tenancy import TenantHandle, bind_tenant, current_handle
from tenants.contract.state import AccessMode, TenantStatus

__all__ = ["Transports"]

log = structlog.get_logger(__name__)

EventHandler = Callable[..., Awaitable[Any]]
Participants = Callable[[str, Any], Iterator[tuple[str, str]]]
CLOSE_SECONDS = 2.0
REVIEW_SECONDS = 15.0
"""How long a transport may outlive its sign-in when nothing is said on it."""
SUSPENDED_NOTICE = {"message": "This workspace is suspended. Please contact its administrator.", "type": "error"}


class Transports:
    """Which tenant each open transport belongs to.

    ``hears_changes`` says whether the page behind a transport, by tenant id and browser, is told of changes otherwise.
    ``sign_in`` judges each word that somebody says, by the request that opened the transport.
    """

    def __init__(self, library: AppLibrary, hears_changes: Callable[[str, str], bool], sign_in: SignIn) -> None:
        self._library = library
        self._hears_changes = hears_changes
        self._sign_in = sign_in
        self._tenants: dict[str, TenantHandle] = {}
        self._opened_by: dict[str, Scope] = {}
        """The request that opened each transport: a handshake, or the first of many polls."""
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    def install(self) -> None:
        """Bind the tenant around every Engine.IO event, and check each new chat session's id."""
        handlers = sio.eio.handlers
        handlers["connect"] = self._opening(handlers["connect"])
        handlers["message"] = self._receiving(handlers["message"])
        handlers["disconnect"] = self._closing(handlers["disconnect"])
        sio._trigger_event = self._checking_session(sio._trigger_event)
        sio.manager.get_participants = self._among_own(sio.manager.get_participants)

    def __len__(self) -> int:
        """Count open transports."""
        return len(self._tenants)

    def belongs_elsewhere(self, scope: Scope) -> bool:
        """Say whether a request names a transport that the bound tenant did not open."""
        sid = parse_qs(scope["query_string"].decode("latin-1")).get("sid", [None])[0]
        if sid is None:
            return False
        owner, handle = self._tenants.get(sid), current_handle()
        return owner is None or handle is None or owner.partition != handle.partition

    def start(self) -> None:
        """Start Engine.IO's service task outside every tenant; Engine.IO would start it with the first client's.

        Beside it, sign-ins are looked at whose time runs out without a word.
        """
        sio.eio.start_service_task = False
        self._tasks = tuple(
            asyncio.get_running_loop().create_task(task, context=contextvars.Context())
            for task in (sio.eio._service_task(), self._review_sign_ins())
        )

    async def stop(self) -> None:
        """Close every transport, which lets pages connect to another process, and end the service task."""
        await asyncio.gather(*(self._close(eio_sid) for eio_sid in list(self._tenants)))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = ()

    async def close_tenant(self, tenant_id: str, *, keep_pages: bool) -> None:
        """Send a tenant's open pages away, with a word why when it is suspended, and close their transports.

        ``keep_pages`` only closes the transports of pages that know what to do: they connect anew by themselves.
        """
        own = [eio_sid for eio_sid, handle in self._tenants.items() if handle.state.id == tenant_id]
        await asyncio.gather(
            *(self._close(eio_sid, send_away=not (keep_pages and self._page_knows(eio_sid))) for eio_sid in own)
        )

    async def close_preview(self, preview: TenantHandle) -> None:
        """Send the pages of a preview away, and close their transports."""
        own = [eio_sid for eio_sid, handle in self._tenants.items() if handle is preview]
        await asyncio.gather(*(self._close(eio_sid, send_away=True) for eio_sid in own))

    async def close_ended(self, tenant_id: str) -> None:
        """Close those of a tenant's transports whose sign-ins are over."""
        own = [sid for sid, handle in self._tenants.items() if handle.state.id == tenant_id and self._is_over(sid)]
        await asyncio.gather(*(self._close(sid, send_away=not self._page_knows(sid)) for sid in own))

    async def _review_sign_ins(self) -> None:
        """Close transports of sign-ins whose time has run out, which no request and no edit tells."""
        while True:
            await asyncio.sleep(REVIEW_SECONDS)
            for eio_sid in list(self._tenants):
                if self._is_over(eio_sid):
                    await self._close(eio_sid, send_away=True)
                # A signature is checked for each: others come first.
                await asyncio.sleep(0)

    def _is_over(self, eio_sid: str) -> bool:
        handle, opened_by = self._tenants.get(eio_sid), self._opened_by.get(eio_sid)
        if handle is None or opened_by is None:
            return False
        if not handle.admits(opened_by):
            return True
        if handle.state.access.mode is AccessMode.ANONYMOUS:
            return False
        with bind_tenant(handle):
            return self._sign_in.is_over(opened_by)

    def _may_come_in(self, handle: TenantHandle, eio_sid: str) -> bool:
        opened_by = self._opened_by.get(eio_sid)
        return opened_by is not None and network_allows(handle, opened_by) and handle.admits(opened_by)

    def _page_knows(self, eio_sid: str) -> bool:
        """Say whether a page needs no telling: it follows changes, or has just heard that its network is shut out.

        That is the last word it hears, and loading anew would leave it nothing to come back with.
        """
        handle, opened_by = self._tenants.get(eio_sid), self._opened_by.get(eio_sid)
        if handle is None or opened_by is None or handle.is_preview:
            return False
        return self._hears_changes(handle.state.id, browser_of(opened_by)) or not network_allows(handle, opened_by)

    async def _close(self, eio_sid: str, *, send_away: bool = False) -> None:
        handle, transport = self._tenants.get(eio_sid), sio.eio.sockets.get(eio_sid)
        with bind_tenant(handle), bind_connection(self._opened_by.get(eio_sid)):
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    if send_away and handle is not None:
                        await _send_away(eio_sid, suspended=handle.state.status is TenantStatus.SUSPENDED)
                    # Engine.IO waits until the client has fetched everything, which a silent one never does.
                    await sio.eio.disconnect(eio_sid)
            except TimeoutError:
                log.info("transport_closed_unheard", tenant=handle.state.slug if handle else None)
            # A client may vanish at any point; the others must still be closed.
            except Exception:
                log.exception("transport_close_failed", tenant=handle.state.slug if handle else None)
            finally:
                self._forget(eio_sid)
                if transport is not None:
                    # Ends Engine.IO's writer, which else keeps the closed WebSocket open until it times out.
                    await transport.queue.put(None)

    def _opening(self, handler: EventHandler) -> EventHandler:
        async def connect(eio_sid: str, environ: dict[str, Any]) -> Any:
            handle = current_handle()
            if handle is None or handle.state.status is not TenantStatus.ACTIVE:
                return False
            self._tenants[eio_sid] = handle
            self._opened_by[eio_sid] = environ["asgi.scope"]
            return await handler(eio_sid, environ)

        return connect

    def _receiving(self, handler: EventHandler) -> EventHandler:
        async def message(eio_sid: str, data: Any) -> Any:
            handle = self._tenants.get(eio_sid)
            if handle is None:
                return None
            if handle.state.status is not TenantStatus.ACTIVE or not self._may_come_in(handle, eio_sid):
                await self._close(eio_sid, send_away=not self._page_knows(eio_sid))
                return None
            with bind_tenant(handle), bind_connection(self._opened_by.get(eio_sid)):
                if _is_word(data) and not self._sign_in.note_use(self._opened_by[eio_sid]):
                    await self._close(eio_sid, send_away=True)
                    return None
                return await handler(eio_sid, data)

        return message

    def _closing(self, handler: EventHandler) -> EventHandler:
        async def disconnect(eio_sid: str, reason: str) -> Any:
            with bind_tenant(self._tenants.get(eio_sid)), bind_connection(self._opened_by.get(eio_sid)):
                try:
                    return await handler(eio_sid, reason)
                finally:
                    self._forget(eio_sid)

        return disconnect

    def _forget(self, eio_sid: str) -> None:
        self._tenants.pop(eio_sid, None)
        self._opened_by.pop(eio_sid, None)

    def _among_own(self, participants: Participants) -> Participants:
        """Let an app that sends to everybody, or to a room, reach the bound tenant's clients alone."""

        def own_participants(namespace: str, room: Any) -> Iterator[tuple[str, str]]:
            handle, app = current_handle(), self._library.current()
            if handle is None and app is None and room is None:
                log.warning("broadcast_without_tenant")
                return
            for sid, eio_sid in participants(namespace, room):
                owner = self._tenants.get(eio_sid)
                if handle is not None:
                    if owner is None or owner.partition != handle.partition:
                        continue
                # An app's startup hook has no tenant, and may speak to all of the app's own.
                elif app is not None and (owner is None or owner.state.app != app.name):
                    continue
                yield sid, eio_sid

        return own_participants

    @staticmethod
    def _checking_session(trigger: EventHandler) -> EventHandler:
        async def trigger_event(event: str, namespace: str, sid: str, *args: Any) -> Any:
            if event == "connect":
                auth = args[1] if len(args) > 1 else None
                if not isinstance(auth, dict) or not is_session_id(auth.get("sessionId")):
                    raise SocketRefusedError("The session id must be a UUID.")
                if auth.get("threadId") and not is_plain_id(auth["threadId"]):
                    raise SocketRefusedError("The thread id must be made of letters, digits and hyphens.")
            return await trigger(event, namespace, sid, *args)

        return trigger_event


def _is_word(data: Any) -> bool:
    """Say whether a message of a client is an event that somebody caused: not what a page says when it has connected.

    Source: the Socket.IO protocol, version 5 (``2`` is an event, ``5`` one with attachments).
    """
    return isinstance(data, str) and data[:1] in {"2", "5"} and "connection_successful" not in data[:40]


async def _send_away(eio_sid: str, *, suspended: bool) -> None:
    sid = sio.manager.sid_from_eio_sid(eio_sid, "/")
    if sid is None:
        return
    if suspended:
        await sio.emit("toast", SUSPENDED_NOTICE, to=sid)
    await sio.emit("reload", {}, to=sid)
    await sio.disconnect(sid)
