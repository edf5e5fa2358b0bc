"""Guards of sessions, sockets, files and of people of one tenant."""

from typing import Any

from tests.isolation.mutations.registry import without


@without("sessions of each tenant apart", "session", "socket", "upload")
def share_sessions() -> None:
    _share("sessions", "_by_socket")


@without("values of sessions apart", "socket", "look")
def share_user_sessions() -> None:
    _share("_user_sessions")


@without("chats of sessions apart", "socket")
def share_chats() -> None:
    _share("_chats")


@without("results of cl.cache apart", "talk")
def share_cache() -> None:
    _share("_cache")


def _share(*names: str) -> None:
    from runtime.chainlit_host.sessions.stores import PartitionedByTenant, SessionStore

    class Shared(PartitionedByTenant[Any, Any]):
        def _name(self) -> str:
            return "everybody"

    make = SessionStore.__init__

    def make_shared(self: SessionStore, *args: Any) -> None:
        make(self, *args)
        for name in names:
            setattr(self, name, Shared())

    SessionStore.__init__ = make_shared


@without("sessions restored to their owner", "socket")
def restore_for_anybody() -> None:
    from runtime.chainlit_host.sessions.stores import SessionStore

    restore = SessionStore._restore

    def restore_owned(self: SessionStore, sid: str, session_id: str, *more: Any, user: Any = None) -> bool:
        session = self.sessions.get(session_id)
        return restore(self, sid, session_id, *more, user=session.user if session else user)

    SessionStore._restore = restore_owned


@without("nothing left of a session", "leftovers")
def leave_chats() -> None:
    from runtime.chainlit_host.sessions.stores import SessionStore

    SessionStore._drop_leftovers = lambda self, session_id: None


@without("a folder for each tenant", "folder")
def share_folders() -> None:
    from runtime.chainlit_host.sessions import stores as sessions

    folder_of = sessions.SessionStore._folder_of

    def shared_folder(self: Any, session: Any) -> Any:
        folder = folder_of(self, session)
        return folder.parents[1] / session.id

    sessions.SessionStore._folder_of = shared_folder


@without("ids of sessions are UUIDs", "session id")
def take_any_session_id() -> None:
    from runtime.chainlit_host.sessions import stores as sessions
    from runtime.chainlit_host.sessions import transports

    sessions.is_session_id = transports.is_session_id = lambda value: True


@without("transports belong to a tenant", "transport")
def share_transports() -> None:
    from runtime.chainlit_host.sessions.transports import Transports

    Transports.belongs_elsewhere = lambda self, scope: False


@without("broadcasts stay with the tenant", "broadcast")
def broadcast_to_everybody() -> None:
    from runtime.chainlit_host.sessions.transports import Transports

    Transports._among_own = lambda self, participants: participants


@without("origins of requests", "origin")
def allow_any_origin() -> None:
    _allow_origins_of("http")


@without("origins of sockets", "socket origin")
def allow_any_origin_for_sockets() -> None:
    _allow_origins_of("websocket")


def _allow_origins_of(kind: str) -> None:
    from runtime.chainlit_host import gate

    is_allowed = gate.origin_is_allowed
    gate.origin_is_allowed = lambda scope, *args, **named: scope["type"] == kind or is_allowed(scope, *args, **named)


@without("the state of a sign-in is sealed", "oauth")
def take_any_sign_in_state() -> None:
    from runtime.chainlit_host.sign_in.identity_providers import IdentityProviders

    IdentityProviders.check_state = lambda self, request, state: None


@without("variables written by a tenant stay its own", "talk")
def share_written_variables() -> None:
    from runtime.chainlit_host.process import environ

    class Shared(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return super().get("everybody", default)

        def setdefault(self, key: str, default: Any = None) -> Any:
            return super().setdefault("everybody", default)

    environ._written = Shared()


@without("files inside their folder", "path")
def serve_any_file() -> None:
    from runtime.chainlit_host.answers.folders import ServedFolder

    def find(self: ServedFolder, name: str) -> Any:
        path = self._folder / name if "\x00" not in name else self._folder
        return path if path.is_file() else None

    ServedFolder.find = find


@without("a data layer for each tenant", "thread", "settings")
def share_data_layers() -> None:
    from runtime.chainlit_host.history.data_layer import DataLayers

    get, kept = DataLayers.get, []

    def get_shared(self: DataLayers) -> Any:
        kept.append(get(self))
        return kept[0]

    DataLayers.get = get_shared


@without("sessions answer their owner", "session", "upload")
def answer_any_session() -> None:
    from runtime.chainlit_host.sessions import ownership

    ownership._same_person = lambda owner, asking: True


@without("threads answer their author", "thread")
def answer_any_thread() -> None:
    from runtime.chainlit_host.sessions.ownership import Ownership

    async def check(self: Ownership, username: str, thread_id: str) -> bool:
        return True

    Ownership.check_thread_author = check


@without("elements are changed by their owner", "element")
def change_any_element() -> None:
    from runtime.chainlit_host.sessions.ownership import Ownership

    Ownership._element_is_own = Ownership._session_is_own


@without("messages are rated by their reader", "feedback")
def rate_any_message() -> None:
    _pass("may_rate")


@without("ratings are taken back by their giver", "feedback")
def take_back_any_rating() -> None:
    _pass("may_take_back")


def _pass(name: str) -> None:
    from runtime.chainlit_host.sessions import ownership

    async def pass_by(*_: object) -> bool:
        return True

    setattr(ownership, name, pass_by)


@without("nothing is shared where it is not allowed", "thread")
def share_against_the_tenant() -> None:
    from runtime.chainlit_host.sessions import ownership

    async def pass_by(_: object) -> None:
        return None

    ownership._sharing_is_on = pass_by
