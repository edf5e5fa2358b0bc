"""Seam: each message that somebody sends or edits, counted with the time until its answer was done."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.socket import process_message

from runtime.chainlit_host.rebinding import rebind
from runtime.live import browser_of
from runtime.request import connection_scope
from runtime.tenancy import current_handle
from runtime.usage import UsageCounter

__all__ = ["Turns"]

Handler = Callable[..., Awaitable[Any]]
NAMESPACE = "/"


class Turns:
    """Puts counting around the two places where Chainlit takes a message."""

    def __init__(self, usage: UsageCounter) -> None:
        self._usage = usage

    def install(self) -> None:
        """Replace Chainlit's two ways of a message by ones that count."""
        rebind(process_message, self._processing(process_message))
        handlers = sio.handlers[NAMESPACE]
        handlers["edit_message"] = self._editing(handlers["edit_message"])

    def _processing(self, process: Handler) -> Handler:
        async def process_counted(session: WebsocketSession, payload: Any) -> None:
            await self._count(session, process(session, payload))

        return process_counted

    def _editing(self, edit: Handler) -> Handler:
        async def edit_counted(sid: str, payload: Any) -> None:
            await self._count(WebsocketSession.get(sid), edit(sid, payload))

        return edit_counted

    async def _count(self, session: WebsocketSession | None, answering: Awaitable[Any]) -> None:
        handle = current_handle()
        if handle is None or handle.is_preview or session is None:
            await answering
            return
        tenant_id = handle.state.id
        self._usage.count_message(tenant_id, _person(session))
        began = time.perf_counter()
        await answering
        # Also what was stopped: Chainlit ends it as if it were done. What raised out of Chainlit itself is no answer.
        self._usage.count_answer(tenant_id, time.perf_counter() - began)


def _person(session: WebsocketSession) -> str:
    """Return by what somebody is known again: their name where they sign in, else their browser, else the session."""
    if session.user is not None:
        return f"user {session.user.identifier}"
    scope = connection_scope()
    browser = browser_of(scope) if scope is not None else ""
    return f"browser {browser}" if browser else f"session {session.id}"
