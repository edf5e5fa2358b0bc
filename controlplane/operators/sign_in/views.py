"""Signing in, step by step; nobody is signed in before the last one."""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from controlplane.operators.sign_in.forms import PasswordForm
from controlplane.operators.sign_in.pages import page, prove_on_page, safe_target, set_up_on_page
from controlplane.operators.sign_in.passwords import PASSWORD, check_operator_password
from controlplane.operators.sign_in.policy import has_second_factor, second_factor_is_required
from controlplane.operators.sign_in.provider import operator_provider
from controlplane.operators.sign_in.sessions import begin, begun, complete
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.identity.visit import Visit

__all__ = ["go_on", "second_factor_page", "set_up_page", "sign_in_page"]


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Take a password."""
    target = safe_target(request)
    if admin.site.has_permission(request):
        return redirect(target)
    form, status = PasswordForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound and form.is_valid():
        try:
            operator = check_operator_password(**form.cleaned_data, visit=Visit.of(request))
            return go_on(request, operator, method=PASSWORD, target=target)
        except DomainError as error:
            form.add_error(None, error.message)
            status = error.status if error.status == 429 else 200
    return page(
        request,
        "sign_in",
        "Log in",
        form=dressed(form),
        app_path=request.get_full_path(),
        provider=operator_provider(),
        target=target,
        status=status,
    )


def go_on(request: HttpRequest, operator: User, *, method: str, target: str, proved: bool = False) -> HttpResponse:
    """Lead somebody who has proved the first factor to the second, or in; ``proved``: the second one too."""
    has_one = has_second_factor(operator)
    if proved or not (has_one or second_factor_is_required()):
        complete(request, operator, method=method, proved=proved)
        return redirect(target)
    begin(request, operator, method=method, target=target)
    return redirect("operator_second_factor" if has_one else "operator_set_up")


@sensitive_post_parameters("code", "answer")
@require_http_methods(["GET", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Take the second factor of somebody who has proved the first."""
    who = begun(request)
    if who is None:
        return _from_the_start(request)
    if not has_second_factor(who.operator):
        return redirect("operator_set_up")
    # Both or neither: a recovery code that signs nobody in is there the next time.
    with transaction.atomic():
        method, context = prove_on_page(request, who.operator)
        if method:
            complete(request, who.operator, method=f"{who.method}, {method}", proved=True)
            request.session.save()
    if not method:
        return page(request, "second_factor", "Second factor", **context)
    return redirect(who.target)


@sensitive_post_parameters("code", "answer")
@require_http_methods(["GET", "POST"])
def set_up_page(request: HttpRequest) -> HttpResponse:
    """Have somebody set up a second factor who must have one and has none."""
    who = begun(request)
    if who is None:
        return _from_the_start(request)
    if has_second_factor(who.operator):
        return redirect("operator_second_factor")
    codes, context = set_up_on_page(request, who.operator)
    if codes is None:
        return page(request, "set_up", "Set up a second factor", **context)
    complete(request, who.operator, method=f"{who.method}, set-up", proved=True)
    return page(request, "recovery_codes_first", "Recovery codes", codes=codes, target=who.target)


def _from_the_start(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        messages.warning(request, "That took too long. Please sign in again.")
    return redirect("operator_sign_in")
