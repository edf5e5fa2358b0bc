"""Names a tenant's environment variables may carry, and for whom secrets above a tenant are sealed.

A tenant's variables are laid over the process environment for code that runs for that tenant, so a name
that steers the interpreter, the loader, the platform's own services or Chainlit's identity is refused.
"""

import re

from tenants.contract.errors import InvalidValueError

__all__ = [
    "MAXIMUM_VALUE_LENGTH", "PLATFORM_OWNER", "PROTECTED_NAMES", "PROTECTED_PREFIXES", "is_plan_owner", "plan_owner",
    "validate_environment_name", "validate_environment_value",
]  # fmt: skip

PLATFORM_OWNER = "platform"
"""For whom secrets are sealed that every tenant's app may read. Tenants are UUIDs, so none is taken for another."""
_PLAN_PREFIX = "plan:"

MAXIMUM_VALUE_LENGTH = 32_768
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")

PROTECTED_NAMES = frozenset(
    {
        "BUCKET_NAME", "DATABASE_URL", "DATA_DIR", "HOME", "HOSTNAME", "IFS", "LANG", "LITERAL_API_KEY",
        "LITERAL_API_URL", "LOGNAME", "NODE_OPTIONS", "OLDPWD", "PATH", "PLATFORM_HOSTS", "PLATFORM_URL", "PORT",
        "PWD", "REDIS_URL", "SECRET_KEY", "SHELL", "SHLVL", "SSL_CERT_DIR", "SSL_CERT_FILE", "TENANT_BASE_DOMAIN",
        "TENANT_ENCRYPTION_KEYS", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
    }
)  # fmt: skip
PROTECTED_PREFIXES = (
    "APP_AWS_", "APP_AZURE_", "APP_GCS_", "ASSETS_", "CELERY_", "CHAINLIT_", "CONTROLPLANE_", "DEMO_", "DJANGO_",
    "DYLD_", "GATEWAY_", "LC_", "LD_", "PG", "PYTHON", "RUNTIME_", "S3_", "UVICORN_",
)  # fmt: skip


def plan_owner(plan: str) -> str:
    """Return for whom the secrets of a plan are sealed."""
    return _PLAN_PREFIX + plan


def is_plan_owner(owner: str) -> bool:
    """Say whether something was sealed for a plan, and neither for the platform nor for one tenant."""
    return owner.startswith(_PLAN_PREFIX)


def validate_environment_name(name: str) -> str:
    """Return ``name`` when a tenant may set it, else raise ``InvalidValueError`` that names it."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            "environment_name_invalid",
            f"“{name[:128]}” is not a variable name: capital letters, digits and underscores, no digit first.",
            field="name",
        )
    if name in PROTECTED_NAMES or name.startswith(PROTECTED_PREFIXES):
        raise InvalidValueError(
            "environment_name_protected",
            f"{name} belongs to the platform and cannot be set for a tenant.",
            field="name",
            details={"name": name},
        )
    return name


def validate_environment_value(value: str) -> str:
    """Return ``value`` when it fits (at most 32,768 characters, no NUL), else raise ``InvalidValueError``."""
    if len(value) > MAXIMUM_VALUE_LENGTH:
        raise InvalidValueError(
            "environment_value_too_long", "The value is longer than 32,768 characters.", field="value"
        )
    if "\x00" in value:
        raise InvalidValueError(
            "environment_value_invalid", "The value holds a NUL character, which no process can receive.", field="value"
        )
    return value
