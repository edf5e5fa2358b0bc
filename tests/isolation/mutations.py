"""Guards taken out one at a time, to see that the attacker notices.

Each function undoes one guard, as a slip in its module would, and is called when Chainlit is imported but nothing of
ours has been put in its place yet. ``focus`` names the moves that would meet the gap.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Undo = Callable[[], None]


@dataclass(frozen=True)
class Mutation:
    """One guard undone."""

    focus: tuple[str, ...]
    undo: Undo


MUTATIONS: dict[str, Mutation] = {}


def without(guard: str, *focus: str) -> Callable[[Undo], Undo]:
    """Register a function that undoes a guard."""

    def register(undo: Undo) -> Undo:
        MUTATIONS[guard] = Mutation(focus, undo)
        return undo

    return register


@without("exactly one Host header", "host")
def take_the_first_host() -> None:
    from runtime.middleware import resolve

    resolve.single_host = lambda headers: next(value for name, value in headers if name == b"host")


@without("no default tenant", "host")
def serve_unknown_hosts() -> None:
    from runtime.state.resolver import Resolver

    resolve = Resolver.resolve

    async def resolve_or_any(self: Resolver, host: str) -> Any:
        return await resolve(self, host) or self._cache.by_tenant(next(iter(self._cache.tenant_ids)))

    Resolver.resolve = resolve_or_any


@without("headers forgotten when a host moves", "move a host")
def remember_headers() -> None:
    from runtime.state.cache import StateCache

    StateCache.drop_host = lambda self, host: self._by_host.pop(host, None)


@without("compiled once a revision", "publish", "page", "settings")
def keep_what_was_compiled() -> None:
    from runtime.tenancy import TenantHandle

    def replace(self: TenantHandle, published: Any) -> None:
        self._published = published

    TenantHandle.replace = replace


@without("a key for each tenant", "token", "socket token")
def sign_with_one_key() -> None:
    from runtime.chainlit_host.sign_in import auth

    derive = auth.derive_key
    auth.derive_key = lambda master, *, purpose, tenant_id, epoch: derive(
        master, purpose=purpose, tenant_id="everybody", epoch=0
    )


@without("the epoch in the key", "token", "socket token")
def forget_sign_outs() -> None:
    from runtime.chainlit_host.sign_in import auth

    derive = auth.derive_key
    auth.derive_key = lambda master, *, purpose, tenant_id, epoch: derive(
        master, purpose=purpose, tenant_id=tenant_id, epoch=0
    )


@without("the audience of a token", "token", "socket token")
def take_any_audience() -> None:
    from runtime.chainlit_host.sign_in import auth

    decode = auth.jwt.decode

    def decode_for_anybody(token: str, key: str, *, audience: str, options: Any, **more: Any) -> Any:
        return decode(token, key, options={**options, "verify_aud": False}, **more)

    auth.jwt = type("jwt", (), {**vars(auth.jwt), "decode": staticmethod(decode_for_anybody)})
    auth._read_token_of_the_site = _refuse_token


def _refuse_token(*_: object) -> None:
    from jwt import InvalidTokenError

    raise InvalidTokenError


@without("the audience of a site's token", "token", "socket token")
def take_site_tokens_of_anybody() -> None:
    from runtime.chainlit_host.sign_in import auth

    read = auth._read_token_of_the_site

    def read_for_anybody(handle: Any, token: str) -> Any:
        import jwt

        claims = jwt.decode(token, options={"verify_signature": False})
        secret = auth.os.environ["CHAINLIT_AUTH_SECRET"]
        return read(handle, jwt.encode({**claims, "aud": handle.state.id}, secret))

    auth._read_token_of_the_site = read_for_anybody


@without("the signature of a token", "token", "socket token")
def believe_unsigned_tokens() -> None:
    from runtime.chainlit_host.sign_in import auth

    decode = auth.jwt.decode

    def decode_unsigned(token: str, key: str, *, options: Any, algorithms: Any, **more: Any) -> Any:
        return decode(token, key, options={**options, "verify_signature": False, "verify_aud": True}, **more)

    auth.jwt = type("jwt", (), {**vars(auth.jwt), "decode": staticmethod(decode_unsigned)})


@without("the tenant's way of signing in", "token")
def offer_every_sign_in() -> None:
    from runtime.chainlit_host.sign_in.auth import SignIn

    code_for = SignIn.code_for
    SignIn.code_for = lambda self, state, code: code_for(self, state, code).model_copy(
        update={"header_auth_callback": code.header_auth_callback}
    )


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
        def _part(self) -> dict[Any, Any]:
            return self._parts.setdefault("everybody", {})

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


@without("failures are not told", "fail")
def tell_failures() -> None:
    from runtime.chainlit_host.apps.hooks import ErrorReports

    ErrorReports.public_text = lambda self, error: str(error)


@without("a page is known by its own tag", "etag")
def know_every_tag() -> None:
    from runtime.chainlit_host.answers.static import StaticBody

    StaticBody._is_known = lambda self, presented: bool(presented)


@without("a resource for each tenant", "talk")
def share_resources() -> None:
    from runtime.resources import PerTenant

    call, kept = PerTenant.__call__, []

    def call_shared(self: Any) -> Any:
        kept.append(call(self))
        return kept[0]

    PerTenant.__call__ = call_shared


@without("settings made for each person", "settings")
def keep_settings_of_anybody() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), asked))


@without("settings made for each language", "settings")
def keep_settings_of_any_language() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), user and user.identifier, asked.chat_profile))


@without("settings made for each chat profile", "settings")
def keep_settings_of_any_profile() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), user and user.identifier, asked.language))


@without("settings made for each tenant", "settings")
def keep_settings_of_any_tenant() -> None:
    _keep_settings_by(lambda view, user, asked: (user and user.identifier, asked))


def _keep_settings_by(key_of: Callable[[Any, Any, Any], Any]) -> None:
    from runtime.chainlit_host.pages import settings as settings_answers

    make, kept = settings_answers._settings, {}

    async def settings(view: Any, user: Any, asked: Any) -> bytes:
        key = key_of(view, user, asked)
        if key not in kept:
            # With the view, so that its id is not used again.
            kept[key] = view, await make(view, user, asked)
        return kept[key][1]

    settings_answers._settings = settings


@without("events of each tenant apart", "live")
def tell_everybody_the_same() -> None:
    from runtime.live import LiveStreams

    make, told = LiveStreams._event, []

    def event(self: LiveStreams, *args: Any) -> Any:
        told.append(make(self, *args))
        return told[-2] if len(told) > 1 else told[0]

    LiveStreams._event = event


@without("events only for the tenant's pages", "live origin")
def stream_to_any_page() -> None:
    from runtime import live

    live._refusal = lambda headers: None


@without("the state of a sign-in that is posted back", "oauth")
def take_any_posted_state() -> None:
    from runtime.chainlit_host.sign_in.identity_providers import IdentityProviders

    async def check(self: IdentityProviders, values: Any) -> None:
        return None

    IdentityProviders.check_posted_state = check
