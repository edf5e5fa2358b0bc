"""Addresses of signing in, below /admin/ and before the admin's own."""

from django.contrib import admin
from django.urls import path

from controlplane.operators.sign_in import account, oidc, views
from controlplane.operators.sign_in.provider import CALLBACK_PATH

__all__ = ["urlpatterns"]

guarded = admin.site.admin_view

urlpatterns = [
    path("login/", views.sign_in_page, name="operator_sign_in"),
    path("login/oidc/", oidc.begin_oidc, name="operator_oidc"),
    path(CALLBACK_PATH.removeprefix("/admin/"), oidc.finish_oidc),
    path("login/second-factor/", views.second_factor_page, name="operator_second_factor"),
    path("login/set-up/", views.set_up_page, name="operator_set_up"),
    path("password_change/", guarded(account.change_password)),
    path("security/", guarded(account.security_page), name="operator_security"),
    path("security/confirm/", guarded(account.confirm_page), name="operator_confirm"),
    path("security/add/", guarded(account.add_factor), name="operator_add_factor"),
    path("security/app/remove/", guarded(account.remove_app), name="operator_remove_app"),
    path(
        "security/passkeys/<uuid:passkey_id>/remove/",
        guarded(account.remove_one_passkey),
        name="operator_remove_passkey",
    ),
    path("security/recovery-codes/", guarded(account.new_recovery_codes), name="operator_recovery_codes"),
    path("security/sessions/end/", guarded(account.end_other_sessions), name="operator_end_other_sessions"),
    path("security/sessions/<uuid:session_id>/end/", guarded(account.end_session), name="operator_end_session"),
]
