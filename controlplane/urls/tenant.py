"""Addresses on a tenant's domain (the tenant's schema); everything else there is the runtime's."""

from django.urls import include, path

urlpatterns = [
    path("settings/scim/v2", include("tenants.identity.scim.urls")),
    path("settings/", include("tenants.portal.urls")),
]

handler500 = "controlplane.errors.uncaught_error"
