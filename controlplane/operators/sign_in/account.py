"""An operator's own page: second factors, recovery codes, and where they are signed in."""

from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from controlplane.operators.models import AuthenticatorApp, OpenSession, RecoveryCode, RegisteredPasskey
from controlplane.operators.sign_in.auditing import note
from controlplane.operators.sign_in.factors import (
    remove_authenticator_app,
    remove_passkey,
    renew_recovery_codes,
)
from controlplane.operators.sign_in.forms import PasswordForm
from controlplane.operators.sign_in.pages import (
    confirmed,
    page,
    prove_on_page,
    safe_target,
    set_up_on_page,
    signed_in_operator,
)
from controlplane.operators.sign_in.passwords import PASSWORD, check_operator_password
from controlplane.operators.sign_in.policy import has_second_factor, second_factor_is_required
from controlplane.operators.sign_in.sessions import confirm, end_sessions
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.identity.visit import Visit
from tenants.portal.browsers import describe_browser

__all__ = [
    "add_factor", "change_password", "confirm_page", "end_other_sessions", "end_session", "new_recovery_codes",
    "remove_app", "remove_one_passkey", "security_page",
]  # fmt: skip


@require_safe
def security_page(request: HttpRequest) -> HttpResponse:
    """Show factors and sessions."""
    operator = signed_in_operator(request)
    sessions = OpenSession.objects.filter(operator=operator, session__expire_date__gt=timezone.now())
    return page(
        request,
        "security",
        "Your sign-in",
        app=AuthenticatorApp.objects.filter(operator=operator).first(),
        passkeys=list(RegisteredPasskey.objects.filter(operator=operator)),
        codes_left=RecoveryCode.objects.filter(operator=operator, used_at=None).count(),
        has_factor=has_second_factor(operator),
        required=second_factor_is_required(),
        sessions=[
            (opened, describe_browser(opened.user_agent), opened.pk == request.session.session_key)
            for opened in sessions
        ],
    )


@sensitive_post_parameters("code", "answer", "password")
@require_http_methods(["GET", "POST"])
def confirm_page(request: HttpRequest) -> HttpResponse:
    """Ask who is signed in to prove it once more: by a second factor, or by the password where there is none."""
    operator, target = signed_in_operator(request), safe_target(request)
    if has_second_factor(operator):
        method, context = prove_on_page(request, operator)
        if not method:
            return page(request, "confirm", "Is it you?", target=target, **context)
        confirm(request, proved=True)
        return redirect(target)
    if not operator.has_usable_password():
        return page(request, "confirm", "Is it you?", target=target, signs_in_anew=True)
    form = PasswordForm({**request.POST.dict(), "username": operator.get_username()} if request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            check_operator_password(**form.cleaned_data, visit=Visit.of(request))
        except DomainError as error:
            form.add_error("password", error.message)
        else:
            confirm(request, proved=False)
            return redirect(target)
    del form.fields["username"]
    return page(request, "confirm", "Is it you?", target=target, password_form=dressed(form))


@sensitive_post_parameters("code", "answer")
@require_http_methods(["GET", "POST"])
@confirmed
def add_factor(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app, in the place of another one, or one more passkey."""
    operator = signed_in_operator(request)
    codes, context = set_up_on_page(request, operator)
    if codes is None:
        replaces = AuthenticatorApp.objects.filter(operator=operator).exists()
        return page(request, "add_factor", "Add a second factor", replaces=replaces, **context)
    confirm(request, proved=True)
    if codes:
        return page(request, "recovery_codes", "Recovery codes", codes=codes)
    messages.success(request, "The second factor is set up.")
    return redirect("operator_security")


@require_POST
@confirmed
def remove_app(request: HttpRequest) -> HttpResponse:
    """Take the authenticator app away."""
    try:
        remove_authenticator_app(signed_in_operator(request), visit=Visit.of(request))
        messages.success(request, "The authenticator app is removed.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("operator_security")


@require_POST
@confirmed
def remove_one_passkey(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """Take a passkey away."""
    try:
        remove_passkey(signed_in_operator(request), passkey_id, visit=Visit.of(request))
        messages.success(request, "The passkey is removed.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("operator_security")


@require_POST
@confirmed
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them, this once."""
    operator = signed_in_operator(request)
    if not has_second_factor(operator):
        return redirect("operator_security")
    return page(
        request, "recovery_codes", "Recovery codes", codes=renew_recovery_codes(operator, visit=Visit.of(request))
    )


@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Sign the operator out of one browser."""
    return _end(request, session_id=session_id)


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign the operator out of every browser but this one."""
    return _end(request)


@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """Let Django's own page change the operator's password, and write down that it did."""
    operator = signed_in_operator(request)
    with transaction.atomic():
        answer: HttpResponse = admin.site.password_change(request)
        if isinstance(answer, HttpResponseRedirect):
            note("operator.change_password", operator.get_username(), Visit.of(request), method=PASSWORD)
    return answer


def _end(request: HttpRequest, *, session_id: UUID | None = None) -> HttpResponse:
    operator = signed_in_operator(request)
    sessions = OpenSession.objects.filter(operator=operator).exclude(pk=request.session.session_key)
    ended = end_sessions(sessions.filter(id=session_id) if session_id else sessions)
    if ended:
        note("operator.end_session", operator.get_username(), Visit.of(request), changes={"ended": ended})
    messages.success(request, f"Signed out of {ended} other browser{'' if ended == 1 else 's'}.")
    return redirect("operator_security")
