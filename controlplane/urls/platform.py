"""Addresses on the platform's hosts (public schema)."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from controlplane import internal
from controlplane.health import healthz
from tenants.contract.internal import PASSWORD_PATH, SIGN_OUT_PATH

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path(PASSWORD_PATH.lstrip("/"), internal.password_sign_in),
    path(SIGN_OUT_PATH.lstrip("/"), internal.end_sign_in),
]

handler500 = "controlplane.errors.uncaught_error"
