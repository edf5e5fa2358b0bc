"""What the runtime reads from outside: states, members and the database, as RUNTIME_STATE_SOURCE chooses."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from runtime.asgi import ASGIApp
from runtime.config import InvalidSettingError, RuntimeConfig, StateSourceKind, withdraw_variable
from runtime.control_plane import ControlPlaneMembers
from runtime.database import DatabasePool, create_pool
from runtime.members import ListedMembers, Members, NoMembers
from runtime.middleware.default_host import DefaultHost
from runtime.previews.source import PostgresPreviews, PreviewSource
from runtime.state.cache import Refusal
from runtime.state.catalogue import Catalogue
from runtime.state.files import FileStateSource
from runtime.state.http import HttpStateSource, create_client
from runtime.state.postgres import PostgresStateSource
from runtime.state.source import StateSource
from runtime.state.tenant_file import TenantFileReader
from runtime.state.tenant_folder import AppAsTenant, TenantFolder
from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.contract.secrets import SecretBox
from tenants.contract.state import AccessMode, TenantState

__all__ = ["Sources", "build_sources"]


def _nothing_refused(_: TenantState) -> str:
    return ""


def _untouched(app: ASGIApp) -> ASGIApp:
    return app


@asynccontextmanager
async def _nothing_to_open() -> AsyncIterator[None]:
    yield


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The parts that depend on where tenants are kept."""

    states: StateSource
    members: Members
    pool: DatabasePool | None = None
    previews: PreviewSource | None = None
    refusal: Refusal = _nothing_refused
    """Which states cannot be served without what this source lacks."""
    front: Callable[[ASGIApp], ASGIApp] = _untouched
    """What stands before the resolving of hosts."""
    opened: Callable[[], AbstractAsyncContextManager[None]] = _nothing_to_open
    """Holds connections open for as long as its block runs."""


def build_sources(config: RuntimeConfig, secret_box: SecretBox) -> Sources:
    """Return the parts for these settings, nothing opened yet; raises ``SettingError``."""
    match config.state_source.kind:
        case StateSourceKind.POSTGRES:
            return _postgres(config)
        case StateSourceKind.FILES:
            return _files(config, secret_box)
        case StateSourceKind.APP:
            return _app(config, secret_box)
        case StateSourceKind.HTTP:
            return _http(config)


def _postgres(config: RuntimeConfig) -> Sources:
    pool = create_pool(config)
    members = ControlPlaneMembers(
        config.controlplane_url, host=urlsplit(config.platform_url).netloc, master_secret=config.master_secret
    )

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        # A database that is down delays nothing: requests say so until it is up.
        await pool.open(wait=False)
        try:
            yield
        finally:
            await pool.close()
            await members.close()

    states = PostgresStateSource(pool, config.database_url)
    return Sources(states=states, members=members, pool=pool, previews=PostgresPreviews(pool), opened=opened)


def _http(config: RuntimeConfig) -> Sources:
    client = create_client(config.state_source.address, config.state_token)

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        async with client:
            yield

    states = HttpStateSource(client, poll_seconds=config.state_poll_seconds)
    return Sources(states=states, members=NoMembers(), refusal=_asks_for_a_database, opened=opened)


def _asks_for_a_database(state: TenantState) -> str:
    if state.access.mode is AccessMode.MEMBERS:
        return "members sign in by password, and over HTTP no members are read: let the app decide who enters"
    if state.history.enabled:
        return "conversations are to be kept, and over HTTP there is no database for them"
    return ""


def _files(config: RuntimeConfig, secret_box: SecretBox) -> Sources:
    folder = Path(config.state_source.address).absolute()
    if not folder.is_dir():
        raise InvalidSettingError("RUNTIME_STATE_SOURCE", "a folder that exists")
    source = FileStateSource(TenantFolder(folder, _reader(config, secret_box)), Catalogue(secret_box))
    return Sources(states=source, members=ListedMembers(source))


def _app(config: RuntimeConfig, secret_box: SecretBox) -> Sources:
    folder = (config.apps_dir / config.state_source.address).absolute()
    if not folder.is_dir():
        raise InvalidSettingError("RUNTIME_STATE_SOURCE", "the name of a folder in CHAINLIT_APPS_DIR")
    host = _canonical_host(config.default_hosts)
    app = AppAsTenant(folder, host=host, reader=_reader(config, secret_box))
    return Sources(
        states=FileStateSource(app, Catalogue(secret_box)),
        members=NoMembers(),
        front=lambda inner: DefaultHost(inner, accepted=config.default_hosts, host=host),
    )


def _reader(config: RuntimeConfig, secret_box: SecretBox) -> TenantFileReader:
    return TenantFileReader(
        base_domain=config.base_domain,
        variables=config.process_environment,
        secret_box=secret_box,
        withdraw=withdraw_variable,
    )


def _canonical_host(hosts: tuple[str, ...]) -> str:
    """Return the first of the hosts that is a name."""
    for host in hosts:
        try:
            return normalise_host(host)
        except InvalidHostError:
            continue
    return "localhost"
