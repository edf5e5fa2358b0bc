"""Django's entry to the operators' admin: importing the modules registers their classes."""

from django.contrib import admin

from controlplane.operators import accounts_admin, fleet_admin, registry_admin, tenant_admin

__all__ = ["accounts_admin", "fleet_admin", "registry_admin", "tenant_admin"]

# Named, for django-tenants brings an admin/index.html of its own that expects a tenant on every request.
admin.site.index_template = "operators/dashboard.html"
