"""Addresses on tenants' domains as browsers and other sites are given them, and paths that people bring along."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

__all__ = [
    "CALLBACK_PATH", "SHARED_CALLBACK_PATH", "callback_address", "is_path", "safe_path", "shared_callback_address",
    "tenant_address",
]  # fmt: skip

CALLBACK_PATH = "/settings/sign-in/callback/"
SHARED_CALLBACK_PATH = "/sign-in/callback/"
MAXIMUM_PATH = 2000


def tenant_address(host: str, path: str) -> str:
    """Return an address on a tenant's domain, by the platform's scheme and port."""
    platform = urlsplit(settings.ENVIRONMENT.platform_url)
    port = f":{platform.port}" if platform.port else ""
    return f"{platform.scheme}://{host}{port}{path}"


def callback_address(host: str, *, shared: bool) -> str:
    """Return where a provider sends people back to: the tenant's domain, or the platform's callback for all of them."""
    return (shared and shared_callback_address()) or tenant_address(host, CALLBACK_PATH)


def shared_callback_address() -> str:
    """Return the platform's callback, or nothing where the installation has none (``SHARED_CALLBACK_URL``)."""
    base = settings.ENVIRONMENT.shared_callback_url
    return f"{base}{SHARED_CALLBACK_PATH}" if base else ""


def is_path(value: str) -> bool:
    """Say whether a value is a path on the very host that it is followed on, however a browser reads it.

    Browsers take a backslash for a slash, and drop tabs and line breaks, so none of these may be in it.
    """
    if len(value) > MAXIMUM_PATH or not re.fullmatch(r"/(?!/)[^\\\s\x00-\x20\x7f-\x9f]*", value):
        return False
    return url_has_allowed_host_and_scheme(value, allowed_hosts=None)


def safe_path(value: str, *, default: str = "/") -> str:
    """Return the path when it is one, else the default: nobody is led to another site."""
    return value if is_path(value) else default
