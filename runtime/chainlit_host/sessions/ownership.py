"""Seam: the routes that name a session, a thread or a feedback. Whoever asks must own it.

Chainlit compares owners only where somebody is signed in, asks nobody who rates what, and tells "not yours" from "not
there" by its status, so that ids can be tried out. Here both get one and the same answer, before the endpoint runs.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from chainlit.config import config
from chainlit.data.acl import is_thread_author
from chainlit.emitter import ChainlitEmitter
from chainlit.session import BaseSession, WebsocketSession
from chainlit.user import User
from fastapi import HTTPException
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from runtime.chainlit_host.history.data_layer import DataLayers
from runtime.chainlit_host.history.layer import TenantDataLayer
from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.sessions.feedback import may_rate, may_take_back
from runtime.chainlit_host.sessions.stores import SessionStore, identifier_of, is_plain_id

__all__ = ["GUARDED", "Guard", "Ownership", "not_there"]

Values = Mapping[str, Any]
"""The arguments of an endpoint, as FastAPI has read and checked them."""
Guard = Callable[[Values], Awaitable[None]]

GUARDED = (
    ("POST", "/project/file"), ("GET", "/project/file/{file_id}"), ("POST", "/project/action"), ("POST", "/mcp"),
    ("DELETE", "/mcp"), ("PUT", "/project/element"), ("DELETE", "/project/element"), ("PUT", "/feedback"),
    ("DELETE", "/feedback"), ("GET", "/project/share/{thread_id}"), ("PUT", "/project/thread/share"),
)  # fmt: skip
"""Routes of Chainlit that are asked of nobody but the owner, by method and path."""


class Ownership:
    """Finds what a request names among what belongs to whoever asks."""

    def __init__(
        self, sessions: SessionStore, data_layers: DataLayers, *, beside: Mapping[tuple[str, str], Guard] | None = None
    ) -> None:
        """``beside`` are guards of other parts, by method and path."""
        self._sessions = sessions
        self._data_layers = data_layers
        self._shown: WeakKeyDictionary[BaseSession, set[str]] = WeakKeyDictionary()
        """The elements that each session was sent."""
        self._guards: dict[tuple[str, str], Guard] = {
            **dict.fromkeys(GUARDED, self._session_is_own),
            ("PUT", "/project/element"): self._element_is_own,
            ("DELETE", "/project/element"): self._element_is_own,
            ("PUT", "/feedback"): self._may_rate,
            ("DELETE", "/feedback"): self._may_take_back,
            ("GET", "/project/share/{thread_id}"): _sharing_is_on,
            ("PUT", "/project/thread/share"): _sharing_is_on,
            **(beside or {}),
        }

    def install(self) -> None:
        """Put our check in the place of Chainlit's check of authors, and note which session is shown which element."""
        rebind(is_thread_author, self.check_thread_author)
        send: Any = self._noting(ChainlitEmitter.send_element)
        ChainlitEmitter.send_element = send  # type: ignore[method-assign]  # the seam itself

    def guarded(self, route: BaseRoute) -> BaseRoute:
        """Return the route with its guard before its endpoint; a route without one as it is."""
        if not isinstance(route, APIRoute) or not route.methods:
            return route
        method = min(route.methods)
        guard = self._guards.get((method, route.path))
        if guard is None:
            return route
        return APIRoute(route.path, _guarding(route.endpoint, guard), methods=[method], name=route.name)

    async def check_thread_author(self, username: str, thread_id: str) -> bool:
        """Raise HTTP 404 unless the thread is there and this person's (Chainlit's ``is_thread_author``)."""
        layer = self._data_layers.get()
        try:
            author = await layer.get_thread_author(thread_id) if layer is not None else None
        # Chainlit's own layer has no other way to say that there is no such thread.
        except ValueError:
            author = None
        if author is None or author != username:
            raise not_there()
        return True

    def _noting(self, send: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(send)
        async def send_element(emitter: ChainlitEmitter, element: Mapping[str, Any]) -> None:
            self._shown.setdefault(emitter.session, set()).add(element["id"])
            await send(emitter, element)

        return send_element

    def _own_session(self, values: Values) -> WebsocketSession:
        payload = values.get("payload") or values.get("update")
        session_id = values["session_id"] if payload is None else payload.sessionId
        session = self._sessions.sessions.get(session_id)
        if session is None or not _same_person(session.user, values["current_user"]):
            raise not_there()
        return session

    async def _session_is_own(self, values: Values) -> None:
        self._own_session(values)

    async def _element_is_own(self, values: Values) -> None:
        session, element = self._own_session(values), values["payload"].element
        element_id, thread_id = element.get("id"), element.get("threadId") or session.thread_id
        if not is_plain_id(element_id):
            raise not_there()
        if thread_id != session.thread_id:
            await self._thread_is_own(values["current_user"], thread_id)
        if element_id not in self._shown.get(session, ()):
            # Of a conversation that was taken up again; a layer changes and removes by the element's id alone.
            layer = self._data_layers.get()
            if layer is None or await layer.get_element(thread_id, element_id) is None:
                raise not_there()

    async def _thread_is_own(self, user: User | None, thread_id: str) -> None:
        if user is None:
            raise not_there()
        await self.check_thread_author(user.identifier, thread_id)

    async def _may_rate(self, values: Values) -> None:
        layer = self._data_layers.get()
        if isinstance(layer, TenantDataLayer):
            await self._may_rate_stored(layer, values)
            return
        session, feedback = self._own_session(values), values["update"].feedback
        thread_id = feedback.threadId or session.thread_id
        if thread_id != session.thread_id:
            await self._thread_is_own(values["current_user"], thread_id)
        # Where nothing is kept Chainlit says so itself.
        if layer is not None and not await may_rate(layer, session, thread_id, feedback):
            raise not_there()

    async def _may_rate_stored(self, layer: TenantDataLayer, values: Values) -> None:
        """Ask the tenant's schema, so that people can also rate what they read again without an open chat."""
        user, update = values["current_user"], values["update"]
        session = self._sessions.sessions.get(update.sessionId)
        if session is None or not _same_person(session.user, user):
            # The app's callback must not run in somebody else's session.
            update.sessionId, session = "", None
        own_thread_id = "" if session is None else session.thread_id
        if not await layer.may_rate(user, own_thread_id, update.feedback.forId):
            raise not_there()

    async def _may_take_back(self, values: Values) -> None:
        user = values["current_user"]
        layer = self._data_layers.get()
        if isinstance(layer, TenantDataLayer):
            if not await layer.may_take_back(user, values["payload"].feedbackId):
                raise not_there()
            return
        own = [session for session in self._sessions.sessions.values() if _same_person(session.user, user)]
        if layer is not None and not await may_take_back(layer, user, values["payload"].feedbackId, own):
            raise not_there()


def _same_person(owner: Any, asking: Any) -> bool:
    return identifier_of(owner) == identifier_of(asking)


async def _sharing_is_on(_: Values) -> None:
    if not config.features.allow_thread_sharing:
        raise not_there()


def not_there() -> HTTPException:
    """Return the one answer for what is not there and for what belongs to somebody else."""
    return HTTPException(404, "Not found")


def _guarding(endpoint: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    # FastAPI reads the parameters through the wrapper, so they stay what Chainlit declares.
    @functools.wraps(endpoint)
    async def guarded(**values: Any) -> Any:
        await guard(values)
        return await endpoint(**values)

    return guarded
