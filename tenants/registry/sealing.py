"""Sealing secrets with the platform's keys, so that an unchanged secret keeps its token."""

from django.conf import settings

from tenants.contract.secrets import SecretBox, SecretUnreadableError

__all__ = ["seal", "unseal"]


def seal(value: str, *, owner: str, present: str | None) -> str:
    """Return a token of ``value`` that only its owner can have opened: a tenant's id, the platform's or a plan's.

    ``present`` is the token there is now; it is returned when it holds that value already. Each sealing makes another
    token, so without this every save of the same secret would make a new revision.
    """
    box = SecretBox(settings.ENVIRONMENT.encryption_keys)
    if present is not None:
        try:
            if box.decrypt(present, tenant_id=owner) == value:
                return present
        except SecretUnreadableError:
            # Made with a key that is gone: the new token replaces it.
            pass
    return box.encrypt(value, tenant_id=owner)


def unseal(token: str, *, owner: str) -> str:
    """Return what was sealed for an owner; raises ``SecretUnreadableError``."""
    return SecretBox(settings.ENVIRONMENT.encryption_keys).decrypt(token, tenant_id=owner)
