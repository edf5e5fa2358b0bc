"""Seam: Chainlit's dictionaries of sessions, chats and caches, and the folders of uploaded files.

All of them are keyed by ids that clients choose; here each tenant has its own, so an id means nothing elsewhere.
"""

import functools
import re
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar

from chainlit.cache import _cache
from chainlit.chat_context import chat_contexts
from chainlit.session import BaseSession, HTTPSession, WebsocketSession, ws_sessions_id, ws_sessions_sid
from chainlit.socket import restore_existing_session
from chainlit.user import User
from chainlit.user_session import user_sessions

from runtime.chainlit_host.rebinding import rebind
from runtime.chainlit_host.sign_in.auth import sign_in_required
from runtime.tenancy import current_handle

__all__ = ["PartitionedByTenant", "SessionStore", "identifier_of", "is_plain_id", "is_session_id"]

Key = TypeVar("Key")
Value = TypeVar("Value")

_SESSION_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
NO_TENANT = "none"


def is_session_id(value: object) -> bool:
    """Say whether a client's session id is a UUID: unguessable when well made, and never a path."""
    return isinstance(value, str) and _SESSION_ID.fullmatch(value) is not None


def is_plain_id(value: object) -> bool:
    """Say whether an id that a client chose can stand in a path or a storage key without leading anywhere else."""
    return isinstance(value, str) and _PLAIN_ID.fullmatch(value) is not None


class PartitionedByTenant(MutableMapping[Key, Value]):
    """A dictionary of which each tenant sees only its own part; code without a tenant has a part too.

    A part is there for as long as something is in it: previews come and go all the time, each with a part of its own.
    """

    def __init__(self) -> None:
        self._parts: dict[str, dict[Key, Value]] = {}

    def _name(self) -> str:
        return _tenant_key()

    def _part(self) -> dict[Key, Value]:
        return self._parts.get(self._name(), {})

    def __getitem__(self, key: Key) -> Value:
        """Return the tenant's value."""
        return self._part()[key]

    def __setitem__(self, key: Key, value: Value) -> None:
        """Set the tenant's value."""
        self._parts.setdefault(self._name(), {})[key] = value

    def __delitem__(self, key: Key) -> None:
        """Remove the tenant's value."""
        part = self._part()
        del part[key]
        if not part:
            del self._parts[self._name()]

    def __iter__(self) -> Iterator[Key]:
        """Iterate over the tenant's keys."""
        return iter(self._part())

    def __len__(self) -> int:
        """Count the tenant's keys."""
        return len(self._part())

    def forget(self, tenant_id: str) -> None:
        """Drop a tenant's part."""
        self._parts.pop(tenant_id, None)


class SessionStore:
    """Sessions of all tenants, each with its own folder for files below ``files_root``."""

    def __init__(self, files_root: Path) -> None:
        self._files_root = files_root
        self.sessions: PartitionedByTenant[str, WebsocketSession] = PartitionedByTenant()
        self._by_socket: PartitionedByTenant[str, WebsocketSession] = PartitionedByTenant()
        self._chats: PartitionedByTenant[str, list[Any]] = PartitionedByTenant()
        self._user_sessions: PartitionedByTenant[str, dict[str, Any]] = PartitionedByTenant()
        self._cache: PartitionedByTenant[tuple[Any, ...], Any] = PartitionedByTenant()

    def install(self) -> None:
        """Put the partitions in the place of Chainlit's dictionaries and guard what reaches a session by its id."""
        rebind(ws_sessions_id, self.sessions)
        rebind(ws_sessions_sid, self._by_socket)
        rebind(chat_contexts, self._chats)
        rebind(user_sessions, self._user_sessions)
        rebind(_cache, self._cache)
        BaseSession.files_dir = property(self._folder_of)  # type: ignore[assignment]  # the seam itself
        BaseSession.__init__ = self._starting_afresh(BaseSession.__init__)  # type: ignore[method-assign]  # as above
        for session_class in (HTTPSession, WebsocketSession):
            session_class.delete = self._forgetting(session_class.delete)  # type: ignore[method-assign]  # as above
        WebsocketSession.get_by_id = staticmethod(self._found_by_request)  # type: ignore[method-assign]  # as above
        rebind(restore_existing_session, self._restore)

    def forget(self, tenant_id: str) -> None:
        """Drop results that the tenant's code cached."""
        self._cache.forget(tenant_id)

    def _folder_of(self, session: BaseSession) -> Path:
        if not is_session_id(session.id):
            raise ValueError("A session id is a UUID.")
        parent = self._files_root / _tenant_key()
        # Chainlit makes the session's own folder, and expects its parent to be there.
        parent.mkdir(parents=True, exist_ok=True)
        return parent / session.id

    def _starting_afresh(self, make: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(make)
        def make_session(session: BaseSession, *args: Any, **kwargs: Any) -> None:
            make(session, *args, **kwargs)
            # A task that outlived an earlier session of the same id may have written after its end.
            self._drop_leftovers(session.id)

        return make_session

    def _drop_leftovers(self, session_id: str) -> None:
        self._chats.pop(session_id, None)
        self._user_sessions.pop(session_id, None)

    def _forgetting(self, delete: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def delete_session(session: BaseSession) -> None:
            try:
                try:
                    await delete(session)
                except OSError:
                    # A file was put into the folder while it was being removed: once more, with that file in it.
                    await delete(session)
            finally:
                # Chainlit keeps chats and values for ever; a later session of the same id would find them.
                self._drop_leftovers(session.id)

        return delete_session

    def _found_by_request(self, session_id: str) -> WebsocketSession | None:
        """Answer ``WebsocketSession.get_by_id``, through which HTTP requests reach a session.

        Chainlit compares owners only where somebody is signed in; so where nobody needs to be, a session that belongs
        to somebody (from before the access policy changed) is not there.
        """
        session = self.sessions.get(session_id)
        if session is not None and session.user is not None and not sign_in_required():
            return None
        return session

    def _restore(  # noqa: PLR0917 - Chainlit calls it by position
        self,
        sid: str,
        session_id: str,
        emit_fn: Callable[..., Any],
        emit_call_fn: Callable[..., Any],
        environ: dict[str, Any],
        user: User | None = None,
    ) -> bool:
        """Answer ``restore_existing_session``: reconnect the client to its session, which must be its own."""
        session = self.sessions.get(session_id)
        if session is None:
            return False
        if identifier_of(session.user) != identifier_of(user):
            raise ConnectionRefusedError("authorization failed")
        session.restore(new_socket_id=sid)
        session.emit = emit_fn
        session.emit_call = emit_call_fn
        session.environ = environ
        # Who they are was checked anew; a role that changed meanwhile counts from here.
        session.user = user
        return True


def identifier_of(user: Any) -> str | None:
    """Return what a person of a tenant is told apart by; None for everybody where nobody signs in."""
    return None if user is None else str(user.identifier)


def _tenant_key() -> str:
    handle = current_handle()
    return NO_TENANT if handle is None else handle.partition
