"""Addresses on the platform's hosts (public schema)."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from controlplane.health import healthz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
]

handler500 = "controlplane.errors.uncaught_error"
