"""Secrets of authenticator apps, sealed with the platform's keys for one operator."""

from django.conf import settings
from django.contrib.auth.models import User

from tenants.contract.secrets import SecretBox

__all__ = ["seal_secret", "unseal_secret"]


def seal_secret(operator: User, secret: str) -> str:
    """Return a secret as it is kept."""
    return SecretBox(settings.ENVIRONMENT.encryption_keys).encrypt(secret, tenant_id=_owner(operator))


def unseal_secret(operator: User, sealed: str) -> str:
    """Return a kept secret; raises ``SecretUnreadableError`` where it is another operator's or its key is gone."""
    return SecretBox(settings.ENVIRONMENT.encryption_keys).decrypt(sealed, tenant_id=_owner(operator))


def _owner(operator: User) -> str:
    return f"operator/{operator.pk}"
