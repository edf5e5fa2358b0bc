"""The runtime: serves unmodified Chainlit apps, each request and event for the tenant its host names.

App code may import ``tenant``, the tenant it is answering for, and ``current_request``; hooks may be given both by
annotation (``Tenant``, Starlette's ``Request``). ``app_settings`` declares settings that each tenant fills in,
``per_tenant`` keeps a client a tenant; ``tenant.role_of`` says which ``Role`` a member has. Apps work without any of
it.
"""

from runtime.own_settings import NoSettingsError, app_settings
from runtime.request import NoRequestError, current_request
from runtime.resources import PerTenant, per_tenant
from runtime.tenancy import NoTenantError, Tenant, tenant
from tenants.contract.roles import Role

__all__ = [
    "NoRequestError", "NoSettingsError", "NoTenantError", "PerTenant", "Role", "Tenant", "__version__", "app_settings",
    "current_request", "per_tenant", "tenant",
]  # fmt: skip

__version__ = "0.1.0"
