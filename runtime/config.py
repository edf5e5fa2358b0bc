"""The runtime's settings: the only place of this package that reads the process environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet

from runtime.object_store import ObjectStoreConfig

__all__ = [
    "InvalidSettingError", "MissingSettingError", "RuntimeConfig", "SettingError", "StateLocation", "StateSourceKind",
    "withdraw_variable",
]  # fmt: skip


class SettingError(RuntimeError):
    """A setting keeps the runtime from starting; the message is one sentence that names it, never its value."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class MissingSettingError(SettingError):
    """A required environment variable is absent."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"The runtime needs the environment variable {name}; see docs/settings.md.")


class InvalidSettingError(SettingError):
    """An environment variable holds something the runtime cannot use."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(name, f"The environment variable {name} must be {expected}; see docs/settings.md.")


class StateSourceKind(StrEnum):
    """What keeps the tenants."""

    POSTGRES = "postgres"
    HTTP = "http"
    FILES = "files"
    APP = "app"
    """Nothing: one default tenant is made from an app's own config.toml."""


@dataclass(frozen=True)
class StateLocation:
    """Where states come from; ``address`` is an http(s) URL, a folder or the name of an app, as ``kind`` says."""

    kind: StateSourceKind
    address: str = ""

    @classmethod
    def parse(cls, text: str) -> "StateLocation":
        """Return what RUNTIME_STATE_SOURCE names; raises ``InvalidSettingError``."""
        parts = urlsplit(text)
        if text == "postgres":
            return cls(StateSourceKind.POSTGRES)
        # A password in the address would end up in logs; RUNTIME_STATE_TOKEN is for credentials.
        if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and not parts.query:
            return cls(StateSourceKind.HTTP, text.rstrip("/"))
        if parts.scheme == "file" and not parts.netloc and parts.path:
            return cls(StateSourceKind.FILES, unquote(parts.path))
        if parts.scheme == "app" and parts.path and "/" not in parts.path:
            return cls(StateSourceKind.APP, parts.path)
        raise InvalidSettingError(
            "RUNTIME_STATE_SOURCE", "postgres, an http(s) address without credentials, file:<folder> or app:<name>"
        )


@dataclass(frozen=True, kw_only=True)
class RuntimeConfig:
    """Everything a runtime process must be told. Secrets stay out of the representation."""

    database_url: str = field(repr=False)
    """Empty unless the states come from Postgres."""
    master_secret: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    apps_dir: Path
    data_dir: Path
    platform_url: str
    object_store: ObjectStoreConfig | None = None
    """Where files of conversations are kept; None: they are not."""
    public_store: ObjectStoreConfig | None = None
    """Where tenants' published files are read; None: they are found at their own addresses alone."""
    assets_base_url: str = ""
    """What browsers find the published files under; empty: ``/_assets`` on each tenant's host."""
    frontend_base_url: str = ""
    """Where Chainlit's own frontend was pushed to; empty: each tenant's host serves it."""
    host: str = "127.0.0.1"
    port: int = 8010
    internal_port: int = 8011
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed: the gateway's."""
    state_source: StateLocation = StateLocation(StateSourceKind.POSTGRES)
    state_token: str = field(default="", repr=False)
    """The bearer token for states that come over HTTP."""
    state_poll_seconds: float = 5.0
    controlplane_url: str = "http://127.0.0.1:8001"
    """Where the control plane signs members in, past the gateway; asked when states come from Postgres."""
    base_domain: str = "localhost"
    """What a tenant's file that names no host puts its short name in front of."""
    default_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    """Where the one default tenant is served (``StateSourceKind.APP``); ``*`` is any host."""
    process_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The variables that tenants' files may refer to, as the process was started with them."""
    stale_limit_seconds: float = 900.0
    database_pool_size: int = 8
    redis_url: str = field(default="", repr=False)
    """Where app code's ``tenant.redis`` keeps its keys; empty: there is none."""
    redis_pool_size: int = 64
    log_format: str = "console"
    app_load_seconds: float = 120.0
    """How long an app may take to be imported, and then to start; 0 sets no limit."""
    isolate_environment: bool = True
    """Whether ``os.environ`` answers for the current tenant; off, every tenant sees the process's own variables."""
    show_errors: bool = False
    """Whether end users see what an app's exception says. For development: such text may hold anything."""
    reload: bool = False
    """Whether an app is loaded anew when its files change, and its trace shown when it breaks. For development."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "RuntimeConfig":
        """Read and check all settings; raises ``SettingError`` with the name of the first that does not serve."""
        values = dict(os.environ if environment is None else environment)
        settings = _Settings(values)
        state_source = StateLocation.parse(settings.text("RUNTIME_STATE_SOURCE", "postgres"))
        in_postgres = state_source.kind is StateSourceKind.POSTGRES
        on_disk = state_source.kind in (StateSourceKind.FILES, StateSourceKind.APP)
        # What is read from files is encrypted by this process, for itself: any key does.
        keys = Fernet.generate_key().decode() if on_disk else settings.required("TENANT_ENCRYPTION_KEYS")
        return cls(
            database_url=settings.required("DATABASE_URL") if in_postgres else "",
            master_secret=settings.required("RUNTIME_MASTER_SECRET"),
            encryption_keys=settings.words("TENANT_ENCRYPTION_KEYS", keys),
            apps_dir=Path(settings.required("CHAINLIT_APPS_DIR")),
            data_dir=Path(settings.required("RUNTIME_DATA_DIR")),
            platform_url=settings.text("PLATFORM_URL", "http://localhost:8000"),
            object_store=_object_store(settings, settings.text("ASSETS_PRIVATE_BUCKET", "assets-private")),
            public_store=_object_store(settings, settings.text("ASSETS_PUBLIC_BUCKET", "assets-public")),
            assets_base_url=settings.text("ASSETS_BASE_URL", "").rstrip("/"),
            frontend_base_url=settings.text("FRONTEND_BASE_URL", "").rstrip("/"),
            host=settings.text("RUNTIME_HOST", "127.0.0.1"),
            port=settings.integer("RUNTIME_PORT", 8010, lowest=0, highest=65535),
            internal_port=settings.integer("RUNTIME_INTERNAL_PORT", 8011, lowest=0, highest=65535),
            trusted_proxies=settings.words("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
            state_source=state_source,
            state_token=settings.text("RUNTIME_STATE_TOKEN", ""),
            state_poll_seconds=max(0.1, settings.seconds("RUNTIME_STATE_POLL_SECONDS", 5.0)),
            controlplane_url=settings.text("CONTROLPLANE_URL", "http://127.0.0.1:8001").rstrip("/"),
            base_domain=settings.text("TENANT_BASE_DOMAIN", "localhost"),
            default_hosts=settings.words("RUNTIME_DEFAULT_HOSTS", "localhost,127.0.0.1,::1"),
            process_environment=MappingProxyType(values if on_disk else {}),
            stale_limit_seconds=settings.seconds("RUNTIME_STALE_LIMIT_SECONDS", 900.0),
            redis_url=settings.text("REDIS_URL", ""),
            redis_pool_size=settings.integer("RUNTIME_REDIS_POOL_SIZE", 64, lowest=1, highest=10_000),
            database_pool_size=settings.integer("RUNTIME_DATABASE_POOL_SIZE", 8, lowest=1, highest=1000),
            log_format=settings.choice("LOG_FORMAT", ("console", "json")),
            app_load_seconds=settings.seconds("RUNTIME_APP_LOAD_SECONDS", 120.0),
            isolate_environment=settings.flag("RUNTIME_ISOLATE_ENVIRONMENT", default=True),
            show_errors=settings.flag("RUNTIME_SHOW_ERRORS", default=False),
            reload=settings.flag("RUNTIME_RELOAD", default=False),
        )


def withdraw_variable(name: str) -> None:
    """Take a variable out of the process environment; ``RuntimeConfig.process_environment`` still has it."""
    os.environ.pop(name, None)


def _object_store(settings: "_Settings", bucket: str) -> ObjectStoreConfig | None:
    if not settings.text("S3_ACCESS_KEY_ID", ""):
        return None
    return ObjectStoreConfig(
        endpoint_url=settings.text("S3_ENDPOINT_URL", "") or None,
        access_key_id=settings.required("S3_ACCESS_KEY_ID"),
        secret_access_key=settings.required("S3_SECRET_ACCESS_KEY"),
        region=settings.text("S3_REGION", "us-east-1"),
        bucket=bucket,
    )


class _Settings:
    """Typed reading of environment variables; an empty one counts as absent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, "").strip() or default

    def required(self, name: str) -> str:
        value = self.text(name, "")
        if not value:
            raise MissingSettingError(name)
        return value

    def words(self, name: str, default: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name, default).split(",") if word.strip())

    def integer(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
            raise InvalidSettingError(name, f"a whole number from {lowest} to {highest}")
        return int(text)

    def seconds(self, name: str, default: float) -> float:
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            value = -1.0
        if not 0 <= value <= 7 * 24 * 3600:
            raise InvalidSettingError(name, "a number of seconds from 0 to a week")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        return self.choice(name, ("true", "false") if default else ("false", "true")) == "true"

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, choices[0])
        if value not in choices:
            raise InvalidSettingError(name, " or ".join(choices))
        return value
