"""Addresses on the platform's hosts (public schema)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from controlplane import internal
from controlplane.health import healthz
from controlplane.operators.outbox import outbox_page
from controlplane.sign_in_callback import send_on
from tenants.contract.internal import HEADER_PATH, PASSWORD_PATH, SIGN_OUT_PATH
from tenants.identity.addresses import SHARED_CALLBACK_PATH

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path(SHARED_CALLBACK_PATH.lstrip("/"), send_on, name="shared_callback"),
    path("healthz", healthz, name="healthz"),
    path("admin/", include("controlplane.operators.sign_in.urls")),
    path("admin/outbox/", admin.site.admin_view(outbox_page), name="outbox"),
    path("admin/", admin.site.urls),
    path(PASSWORD_PATH.lstrip("/"), internal.password_sign_in),
    path(HEADER_PATH.lstrip("/"), internal.header_sign_in),
    path(SIGN_OUT_PATH.lstrip("/"), internal.end_sign_in),
]

handler500 = "controlplane.errors.uncaught_error"
