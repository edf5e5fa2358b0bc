"""The runtime: serves unmodified Chainlit apps, each request and event for the tenant its host names.

App code may import ``tenant``: the tenant it is answering for. Apps work without it too.
"""

from runtime.tenancy import NoTenantError, tenant

__all__ = ["NoTenantError", "__version__", "tenant"]

__version__ = "0.1.0"
