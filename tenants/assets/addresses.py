"""Where browsers find a published file."""

from django.conf import settings

__all__ = ["public_url"]


def public_url(key: str) -> str:
    """Return the address of an object of the public bucket: absolute, or a path on the tenant's own host."""
    return f"{settings.ENVIRONMENT.assets_base_url}/{key}"
