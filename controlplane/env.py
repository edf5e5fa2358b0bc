"""The control plane's settings from the environment: the only module of this package that reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from tenants.contract.networks import InvalidNetworkError, normalise_network

__all__ = ["ControlPlaneEnvironment"]

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class ControlPlaneEnvironment:
    """What the control plane must be told; see docs/settings.md. Secrets stay out of the representation."""

    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    runtime_master_secret: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    s3_endpoint_url: str | None
    s3_access_key_id: str = field(repr=False)
    s3_secret_access_key: str = field(repr=False)
    s3_region: str
    assets_private_bucket: str
    assets_public_bucket: str
    assets_base_url: str
    uploads_url: str
    assets_quota_mb: int
    assets_grace_hours: int
    assets_sweep_seconds: int
    assets_cdn_distribution: str
    assets_cdn_access_key_id: str = field(repr=False)
    assets_cdn_secret_access_key: str = field(repr=False)
    platform_url: str
    platform_hosts: tuple[str, ...]
    tenant_base_domain: str
    apps_dir: Path
    runtime_url: str
    log_format: str
    mail_url: str = field(repr=False)
    mail_from: str
    remote_assets_https_only: bool
    shared_callback_url: str
    outbound_allowed_networks: tuple[str, ...]
    revisions_kept: int
    revisions_days: int
    usage_days: int
    operator_second_factor: str
    operator_oidc_issuer: str
    operator_oidc_client_id: str
    operator_oidc_client_secret: str = field(repr=False)
    operator_oidc_label: str
    operator_oidc_scopes: tuple[str, ...]
    operator_oidc_groups_claim: str
    operator_oidc_staff_groups: tuple[str, ...]
    operator_oidc_superuser_groups: tuple[str, ...]
    operator_oidc_asks_second_factor: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "ControlPlaneEnvironment":
        """Read and check all settings; raises ``ImproperlyConfigured`` that names the first missing one."""
        values = os.environ if environment is None else environment

        def required(name: str) -> str:
            value = values.get(name, "").strip()
            if not value:
                raise ImproperlyConfigured(
                    f"The control plane needs the environment variable {name}; see docs/settings.md."
                )
            return value

        def number(name: str, *, default: int, least: int) -> int:
            value = values.get(name, "").strip() or str(default)
            if not value.isascii() or not value.isdigit() or int(value) < least:
                raise ImproperlyConfigured(f"{name} is a whole number from {least} on; see docs/settings.md.")
            return int(value)

        def flag(name: str, *, default: bool) -> bool:
            value = values.get(name, "").strip().lower() or str(default).lower()
            if value not in {"true", "false"}:
                raise ImproperlyConfigured(f"{name} is true or false; see docs/settings.md.")
            return value == "true"

        def networks(name: str) -> tuple[str, ...]:
            try:
                return tuple(normalise_network(value) for value in values.get(name, "").split(",") if value.strip())
            except InvalidNetworkError as error:
                raise ImproperlyConfigured(f"{name}: {error.message} See docs/settings.md.") from error

        def listed(name: str) -> tuple[str, ...]:
            return tuple(part.strip() for part in values.get(name, "").split(",") if part.strip())

        issuer = values.get("OPERATOR_OIDC_ISSUER", "").strip()
        platform_url = values.get("PLATFORM_URL", "http://localhost:8000").rstrip("/")
        return cls(
            secret_key=required("SECRET_KEY"),
            encryption_keys=tuple(key.strip() for key in required("TENANT_ENCRYPTION_KEYS").split(",") if key.strip()),
            runtime_master_secret=required("RUNTIME_MASTER_SECRET"),
            database_url=required("DATABASE_URL"),
            redis_url=required("REDIS_URL"),
            s3_endpoint_url=values.get("S3_ENDPOINT_URL") or None,
            s3_access_key_id=required("S3_ACCESS_KEY_ID"),
            s3_secret_access_key=required("S3_SECRET_ACCESS_KEY"),
            s3_region=values.get("S3_REGION", "us-east-1"),
            assets_private_bucket=values.get("ASSETS_PRIVATE_BUCKET", "assets-private"),
            assets_public_bucket=values.get("ASSETS_PUBLIC_BUCKET", "assets-public"),
            assets_base_url=values.get("ASSETS_BASE_URL", "").rstrip("/") or "/_assets",
            uploads_url=values.get("UPLOADS_URL", "").rstrip("/"),
            assets_quota_mb=number("ASSETS_QUOTA_MB", default=500, least=1),
            assets_grace_hours=number("ASSETS_GRACE_HOURS", default=24, least=1),
            assets_sweep_seconds=number("ASSETS_SWEEP_SECONDS", default=10, least=1),
            assets_cdn_distribution=values.get("ASSETS_CDN_DISTRIBUTION", "").strip(),
            assets_cdn_access_key_id=values.get("ASSETS_CDN_ACCESS_KEY_ID") or required("S3_ACCESS_KEY_ID"),
            assets_cdn_secret_access_key=(
                values.get("ASSETS_CDN_SECRET_ACCESS_KEY") or required("S3_SECRET_ACCESS_KEY")
            ),
            platform_url=platform_url,
            platform_hosts=tuple(
                host.strip() for host in values.get("PLATFORM_HOSTS", "localhost,127.0.0.1").split(",") if host.strip()
            ),
            tenant_base_domain=values.get("TENANT_BASE_DOMAIN", "localhost"),
            apps_dir=Path(values.get("CHAINLIT_APPS_DIR", str(CHECKOUT / "examples"))),
            runtime_url=values.get("RUNTIME_URL", "http://127.0.0.1:8011").rstrip("/"),
            log_format=values.get("LOG_FORMAT", "console"),
            mail_url=values.get("MAIL_URL", "").strip() or "smtp://127.0.0.1",
            mail_from=values.get("MAIL_FROM", "").strip() or f"no-reply@{urlsplit(platform_url).hostname}",
            remote_assets_https_only=flag("REMOTE_ASSETS_HTTPS_ONLY", default=True),
            shared_callback_url=values.get("SHARED_CALLBACK_URL", "").strip().rstrip("/"),
            outbound_allowed_networks=networks("OUTBOUND_ALLOWED_NETWORKS"),
            revisions_kept=number("REVISIONS_KEPT", default=200, least=1),
            revisions_days=number("REVISIONS_DAYS", default=365, least=0),
            usage_days=number("USAGE_DAYS", default=400, least=1),
            operator_second_factor=values.get("OPERATOR_SECOND_FACTOR", "").strip().lower(),
            operator_oidc_issuer=issuer,
            operator_oidc_client_id=required("OPERATOR_OIDC_CLIENT_ID") if issuer else "",
            operator_oidc_client_secret=required("OPERATOR_OIDC_CLIENT_SECRET") if issuer else "",
            operator_oidc_label=values.get("OPERATOR_OIDC_LABEL", "").strip() or urlsplit(issuer).hostname or "",
            operator_oidc_scopes=listed("OPERATOR_OIDC_SCOPES") or ("openid", "email", "profile"),
            operator_oidc_groups_claim=values.get("OPERATOR_OIDC_GROUPS_CLAIM", "").strip() or "groups",
            operator_oidc_staff_groups=listed("OPERATOR_OIDC_STAFF_GROUPS"),
            operator_oidc_superuser_groups=listed("OPERATOR_OIDC_SUPERUSER_GROUPS"),
            operator_oidc_asks_second_factor=flag("OPERATOR_OIDC_ASKS_SECOND_FACTOR", default=False),
        )

    def database(self) -> dict[str, object]:
        """Return Django's DATABASES entry for the Postgres URL."""
        url = urlsplit(self.database_url)
        return {
            "ENGINE": "django_tenants.postgresql_backend",
            "NAME": unquote(url.path.lstrip("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or 5432),
            # Under ASGI each request has a thread of its own, so a connection kept for it would only leak.
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 5},
        }
