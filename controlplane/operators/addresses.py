"""Where a tenant is reached by a browser: the platform's scheme and port on the tenant's primary domain."""

from urllib.parse import urlsplit

from django.conf import settings

from tenants.registry.models import Tenant

__all__ = ["chat_address", "file_address", "primary_domain", "settings_address"]


def primary_domain(tenant: Tenant) -> str:
    """Return the tenant's primary domain, empty when it has none; uses prefetched domains where there are any."""
    return next((domain.domain for domain in tenant.domains.all() if domain.is_primary), "")


def chat_address(domain: str) -> str:
    """Return the address of the chat at a domain, empty for an empty one."""
    if not domain:
        return ""
    platform = urlsplit(settings.ENVIRONMENT.platform_url)
    port = f":{platform.port}" if platform.port else ""
    return f"{platform.scheme}://{domain}{port}/"


def settings_address(domain: str) -> str:
    """Return the address of the tenant's own settings page at a domain, empty for an empty one."""
    return f"{chat_address(domain)}settings/" if domain else ""


def file_address(tenant: Tenant, url: str) -> str:
    """Return where an operator's browser finds a published file: one with a path alone is on the tenant's host."""
    return f"{chat_address(primary_domain(tenant)).rstrip('/')}{url}" if url.startswith("/") else url
