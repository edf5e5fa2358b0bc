"""Which tenant the running code works for: context variables, and the face that app code sees.

A request, a socket event and every task or thread started from them carry one ``TenantHandle`` in a context variable.
The handle stays the same for as long as the tenant is loaded; its published state is replaced whenever a new revision
arrives, so a socket that lives for hours reads the present state on each event.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar, cast

from pydantic import BaseModel

from runtime.asgi import Scope
from runtime.environment import Environment, open_environment
from runtime.flags import FlagValues, compile_flags
from runtime.own_settings import open_settings
from runtime.people import User, present_people
from runtime.usage.recording import TenantUsage
from tenants.contract.flag_evaluation import Evaluation, FlagSet
from tenants.contract.flags import FlagValue, kind_of
from tenants.contract.roles import Role
from tenants.contract.secrets import SecretBox
from tenants.contract.state import AccessMode, PublishedState, TenantState

if TYPE_CHECKING:
    from runtime.tenant_redis import TenantRedis

__all__ = ["NoTenantError", "Tenant", "TenantHandle", "bind_tenant", "current_handle", "leave_tenant", "tenant"]

Compiled = TypeVar("Compiled")
Value = TypeVar("Value", bound="FlagValue | None")


class NoTenantError(RuntimeError):
    """Tenant data was asked for where no tenant is bound, such as while an app is imported."""

    def __init__(self) -> None:
        super().__init__("No tenant is bound here: this code does not run for a request or a socket event.")


class TenantHandle:
    """One loaded tenant: its newest published state, and what was compiled from just that state."""

    __slots__ = ("_compiled", "_published", "_secret_box")

    is_preview = False
    """Whether this is a draft that one member looks at, of which nothing may be kept or counted."""
    prefix = ""
    """What every address of its page begins with; only a preview's has something there."""

    def __init__(self, published: PublishedState, secret_box: SecretBox) -> None:
        self._published = published
        self._secret_box = secret_box
        self._compiled: dict[str, object] = {}

    @property
    def published(self) -> PublishedState:
        """The newest state with its revision."""
        return self._published

    @property
    def state(self) -> TenantState:
        """The newest state."""
        return self._published.state

    @property
    def revision(self) -> int:
        """The revision of the newest state."""
        return self._published.revision

    def replace(self, published: PublishedState) -> None:
        """Take a newer state; everything compiled from the old one is dropped with it."""
        # The dictionary is replaced, not cleared: a compile that is still running writes into the old one.
        self._published, self._compiled = published, {}

    def recompile(self) -> None:
        """Drop what was compiled, since what it was compiled with has changed: the tenant's app was loaded anew."""
        self._compiled = {}

    def compiled(self, name: str, compile_state: Callable[[TenantState], Compiled]) -> Compiled:
        """Return what ``compile_state`` makes of the present state, computed once a revision."""
        compiled = self._compiled
        try:
            return compiled[name]  # type: ignore[return-value]  # each name belongs to one factory and so one type
        except KeyError:
            value = compiled[name] = compile_state(self._published.state)
            return value

    @property
    def generation(self) -> object:
        """Another object whenever a newer state was taken or the tenant's app was loaded anew."""
        return self._compiled

    @property
    def partition(self) -> str:
        """Under which name a process keeps what the tenant's code leaves in memory; a preview has one of its own."""
        return self.state.id

    def admits(self, scope: Scope) -> bool:
        """Say whether a request or socket may go on with it; a preview ends, and is its maker's alone."""
        return True

    @property
    def environment(self) -> Environment:
        """The tenant's variables and decrypted secrets over its plan's, its app's and the platform's."""
        return self.compiled("environment", self._open_environment)

    def _open_environment(self, state: TenantState) -> Environment:
        return open_environment(state, self._secret_box)

    @property
    def flags(self) -> FlagSet:
        """The tenant's flags, ready to be evaluated for anybody."""
        return self.compiled("flags", compile_flags)

    @property
    def settings(self) -> BaseModel:
        """The tenant's settings as its app's own model; raises ``NoSettingsError`` where the app has none."""
        return self.compiled("settings", self._open_settings)

    def _open_settings(self, state: TenantState) -> BaseModel:
        return open_settings(state, self._secret_box)

    @property
    def own_environment(self) -> Mapping[str, str | None]:
        """The tenant's own variables and secrets alone: what no other tenant can have in common with it."""
        return self.environment.layers[0]

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it opens the tenant's secrets, which stay in this process."""
        raise TypeError("A tenant's handle opens its secrets and cannot be pickled.")

    def __repr__(self) -> str:
        # Never the state itself: it holds the tenant's environment.
        return f"<TenantHandle {self.state.slug} revision={self.revision}>"


_current: ContextVar[TenantHandle | None] = ContextVar("chainlit_tenants_tenant", default=None)


def current_handle() -> TenantHandle | None:
    """Return the handle of the tenant this code runs for, or None outside a request or event."""
    return _current.get()


class bind_tenant:  # noqa: N801 - used as ``with bind_tenant(handle):``, like the context managers of contextlib
    """Run a block for a tenant; tasks and threads started inside inherit it. None binds no tenant."""

    # A class: a generator-based context manager costs three times as much, on every request and every event.
    __slots__ = ("_handle", "_token")

    def __init__(self, handle: TenantHandle | None) -> None:
        self._handle = handle

    def __enter__(self) -> None:
        self._token = _current.set(self._handle)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def leave_tenant() -> None:
    """Bind no tenant from here on, for code that never returns to who bound one."""
    _current.set(None)


class Person(Protocol):
    """Somebody in a chat: Chainlit's ``User``."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the sign-in says of them."""


class Tenant:
    """What app code sees of the tenant it answers for; each attribute is read from the newest state.

    It holds nothing itself: kept for later, it speaks of the tenant that the code reading it then runs for.
    """

    __slots__ = ()

    @staticmethod
    def _handle() -> TenantHandle:
        handle = _current.get()
        if handle is None:
            raise NoTenantError
        return handle

    @property
    def id(self) -> str:
        """The tenant's UUID, as text."""
        return self._handle().state.id

    @property
    def slug(self) -> str:
        """The tenant's short name."""
        return self._handle().state.slug

    @property
    def name(self) -> str:
        """The tenant's display name."""
        return self._handle().state.branding.display_name

    @property
    def revision(self) -> int:
        """The revision of the state that is live now."""
        return self._handle().revision

    @property
    def is_preview(self) -> bool:
        """Whether somebody looks at unsaved changes here: what the app stores or sends now comes of a draft."""
        return self._handle().is_preview

    @property
    def env(self) -> Mapping[str, str]:
        """Variables and secrets, read-only: the tenant's own over its plan's, its app's and the platform's."""
        return self._handle().environment

    @property
    def flags(self) -> Mapping[str, FlagValue]:
        """The tenant's flags, each with the value that the present person gets.

        A flag that is not set is absent, and so is one with values that is off: read with ``.get(name, default)``.
        """
        return FlagValues(self._handle().flags)

    def flag(self, name: str, default: Value, *, user: User | None = None) -> Value:
        """Return what a flag is worth to the present person, or to ``user`` (a ``cl.User``).

        ``default`` where the flag is not set, is off, or has values of another kind than the default: a text, a number
        (whole or not), a list or object, True or False. With None any kind is taken.
        """
        evaluation = self.evaluate_flag(name, user=user)
        if evaluation is None or evaluation.variant is None:
            return default
        if default is not None and kind_of(default) is not evaluation.kind:
            return default
        return cast("Value", evaluation.value)

    def evaluate_flag(self, name: str, *, user: User | None = None) -> Evaluation | None:
        """Return the value of a flag with its variant and why; None where it is not set."""
        people = present_people()
        return self._handle().flags.evaluate(name, people.present() if user is None else people.describe(user))

    @property
    def settings(self) -> Any:
        """The tenant's settings: a copy of an instance of the model that the app declared (``app_settings``).

        Made once a revision, and copied each time: what code changes in it is seen nowhere else. Raises
        ``NoSettingsError`` in an app that declares none.
        """
        return self._handle().settings.model_copy(deep=True)

    @property
    def redis(self) -> "TenantRedis":
        """Redis (or Valkey), confined to the tenant's own keys and channels.

        Raises ``NoRedisError`` where the runtime was started without ``REDIS_URL``.
        """
        return self._handle().compiled("redis", _open_redis)

    @property
    def usage(self) -> TenantUsage:
        """Where the app records tokens that it used for the tenant."""
        handle = self._handle()
        return TenantUsage(handle.state.id, counts=not handle.is_preview)

    def role_of(self, user: Person | None) -> Role | None:
        """Return the role of a signed-in member (a ``cl.User``), as it is now.

        None for everybody else: where nobody signs in, and where the app's own sign-in lets people in, whose
        ``metadata`` is the app's to fill.
        """
        if user is None or self._handle().state.access.mode is not AccessMode.MEMBERS:
            return None
        role = user.metadata.get("role")
        return Role(role) if role in tuple(Role) else None

    def __bool__(self) -> bool:
        """Say whether a tenant is bound."""
        return _current.get() is not None

    def __repr__(self) -> str:
        handle = _current.get()
        return "<no tenant>" if handle is None else f"<tenant {handle.state.slug}>"


def _open_redis(state: TenantState) -> "TenantRedis":
    # Imported when it is wanted: most apps have no use for it, and it is not small.
    from runtime.tenant_redis import TenantRedis, key_prefix, shared_pool

    return TenantRedis(shared_pool(), key_prefix(state.id))


tenant = Tenant()
