"""Seam: the socket events that read conversations. A thread of somebody else is as one that is not there.

Chainlit refuses a socket that names somebody else's thread and takes one that names none, which tells them apart; and
what the database raises in an event ends in the log, with nothing on the page.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.socket import resume_thread
from chainlit.types import ThreadDict

from runtime.chainlit_host.history.database import HistoryUnavailableError
from runtime.chainlit_host.history.layer import TenantDataLayer
from runtime.chainlit_host.history.notices import toast
from runtime.chainlit_host.rebinding import rebind

__all__ = ["install_sockets"]

log = structlog.get_logger(__name__)

Handler = Callable[..., Awaitable[Any]]
LayerFinder = Callable[[], object]
READING_EVENTS = ("fetch_favorites", "message_favorite")
NAMESPACE = "/"


class Sockets:
    """Chainlit's handlers, each inside one of ours; ``find_layer`` is what ``get_data_layer`` now is."""

    def __init__(self, find_layer: LayerFinder) -> None:
        self._find_layer = find_layer

    def connecting(self, connect: Handler) -> Handler:
        """Let a new session take up the thread it names only when it is the person's own."""

        async def connect_session(sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> Any:
            layer, thread_id = self._find_layer(), auth.get("threadId")
            if not thread_id or not isinstance(layer, TenantDataLayer):
                return await connect(sid, environ, auth)
            accepted = await connect(sid, environ, {**auth, "threadId": None})
            session = WebsocketSession.get(sid)
            if session is None or session.restored:
                return accepted
            # Asked for by ``connection_successful``, which says that there is no such thread if it is not theirs;
            # what they write then begins a thread of its own.
            session.thread_id_to_resume = thread_id
            try:
                if await layer.is_own_thread(session.user, thread_id):
                    session.thread_id = thread_id
            except HistoryUnavailableError:
                log.warning("thread_not_looked_up")
            return accepted

        return connect_session

    def resuming(self, resume: Handler) -> Handler:
        """Read the thread of a session, its own alone; say so when it cannot be read just now."""

        async def resume_own_thread(session: WebsocketSession) -> ThreadDict | None:
            if isinstance(self._find_layer(), TenantDataLayer) and session.thread_id != session.thread_id_to_resume:
                return None
            try:
                thread: ThreadDict | None = await resume(session)
            except HistoryUnavailableError:
                return None
            return thread

        return resume_own_thread

    def reading(self, handle: Handler) -> Handler:
        """Tell the page when its favourites cannot be read or changed just now."""

        async def handle_event(sid: str, *data: Any) -> Any:
            layer, session = self._find_layer(), WebsocketSession.get(sid)
            try:
                if isinstance(layer, TenantDataLayer):
                    # Chainlit asks for the person's stored id, which a socket opened in an outage does not have.
                    await layer.owner_of(session)
                return await handle(sid, *data)
            except HistoryUnavailableError as error:
                await toast(WebsocketSession.get(sid), error.message, "error")

        return handle_event


def install_sockets(find_layer: LayerFinder) -> None:
    """Put ours around Chainlit's handlers."""
    sockets, handlers = Sockets(find_layer), sio.handlers[NAMESPACE]
    handlers["connect"] = sockets.connecting(handlers["connect"])
    for event in READING_EVENTS:
        handlers[event] = sockets.reading(handlers[event])
    rebind(resume_thread, sockets.resuming(resume_thread))
