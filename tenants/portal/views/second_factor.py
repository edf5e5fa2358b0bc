"""The second step of a sign-in: proving a second factor, or setting the first one up where the policy requires it.

The pages stand before the settings and belong to the chat's sign-in as much. The browser that opened the link of a
pending sign-in has a cookie for it, which is sent to these pages alone.
"""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from tenants.contract.errors import ConflictError, DomainError
from tenants.contract.tokens import SignedIn
from tenants.identity.addresses import safe_path
from tenants.identity.errors import PendingOverError
from tenants.identity.factors.recovery import write_codes
from tenants.identity.models import PendingSignIn
from tenants.identity.services.enrolling import ask_new_passkey, begin_app
from tenants.identity.services.factors import describe_factors
from tenants.identity.services.finishing import (
    Finished,
    finish_by_app,
    finish_by_code,
    finish_by_new_passkey,
    finish_by_passkey,
)
from tenants.identity.services.pending import LIFETIME, find_pending, open_pending
from tenants.identity.services.proving import ask_passkey
from tenants.identity.visit import Visit
from tenants.portal.browsers import describe_browser
from tenants.portal.pages import gate, public
from tenants.portal.passkey_site import site_of
from tenants.portal.sessions import current_member, sign_in
from tenants.registry.models import Tenant
from tenants.workspace.forms import show_domain_error

__all__ = ["AppForm", "CodeForm", "PasskeyForm", "RecoveryForm", "enter", "second_factor"]

COOKIE = "second_factor"


class CodeForm(forms.Form):
    """A code of the app."""

    code = forms.CharField(label="Code", max_length=20, error_messages={"required": "Write the code."})


class RecoveryForm(forms.Form):
    """A recovery code."""

    recovery = forms.CharField(
        label="Recovery code", max_length=60, error_messages={"required": "Write one of your recovery codes."}
    )


class AppForm(CodeForm):
    """The first code of a new app, and its sealed secret."""

    sealed = forms.CharField(max_length=1000)


class PasskeyForm(forms.Form):
    """What the browser answered for a new passkey, and what to call it."""

    answer = forms.CharField(max_length=20_000)
    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give it a name."})


@require_GET
@public
def enter(request: HttpRequest, tenant: Tenant, pending_id: UUID, secret: str) -> HttpResponse:
    """Use the link of a pending sign-in up, and let this browser go on with it."""
    try:
        key = open_pending(tenant, pending_id, secret, target=safe_path(request.GET.get("next", "")))
    except PendingOverError as error:
        return _over(request, tenant, error)
    response = redirect("portal:second_factor")
    response.set_cookie(
        COOKIE,
        key,
        path=reverse("portal:second_factor"),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


@require_http_methods(["GET", "POST"])
@public
def second_factor(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Ask for a second factor, or set the first one up, and sign in."""
    try:
        pending = find_pending(tenant, request.COOKIES.get(COOKIE, ""))
        if describe_factors(pending.member).any:
            return _ask(request, tenant, pending)
        return _set_up(request, tenant, pending)
    except PendingOverError as error:
        return _over(request, tenant, error)


def _ask(request: HttpRequest, tenant: Tenant, pending: PendingSignIn) -> HttpResponse:
    site, visit = site_of(request, tenant), Visit.of(request)
    answer = request.POST.get("answer", "")
    by_recovery = "recovery" in request.POST
    code = CodeForm(request.POST if "code" in request.POST else None)
    recovery = RecoveryForm(request.POST if by_recovery else None)
    form = recovery if by_recovery else code
    refusal: DomainError | None = None
    try:
        if answer:
            return _enter_as(request, tenant, pending, finish_by_passkey(tenant, pending, site, answer, visit=visit))
        if form.is_valid():
            typed = next(iter(form.cleaned_data.values()))
            return _enter_as(request, tenant, pending, finish_by_code(tenant, pending, typed, visit=visit))
    except PendingOverError:
        raise
    except DomainError as error:
        refusal = error
    factors = describe_factors(pending.member)
    context = {
        "member": pending.member,
        "has_app": factors.app is not None,
        "codes_left": factors.codes_left,
        "passkey_options": ask_passkey(pending.member, site, subject=pending.pk),
        "passkeys_elsewhere": sorted({passkey.host for passkey in factors.passkeys} - {site.host}),
        "code": code,
        "recovery": recovery,
        "by_recovery": by_recovery,
        "refusal": refusal,
    }
    wrong = refusal is not None or bool(form.errors)
    return gate(request, tenant, "portal/second_factor.html", context, status=_status(refusal) if wrong else 200)


def _set_up(request: HttpRequest, tenant: Tenant, pending: PendingSignIn) -> HttpResponse:
    site, visit = site_of(request, tenant), Visit.of(request)
    app = AppForm(request.POST if "code" in request.POST else None)
    passkey = PasskeyForm(
        request.POST if "answer" in request.POST else None,
        initial={"name": describe_browser(request.headers.get("User-Agent", ""))[:60]},
    )
    forms_and_ways: list[tuple[forms.Form, Callable[..., Finished]]] = [
        (app, lambda **values: finish_by_app(tenant, pending, **values, visit=visit)),
        (passkey, lambda **values: finish_by_new_passkey(tenant, pending, site, **values, visit=visit)),
    ]
    for form, finish in forms_and_ways:
        if not form.is_valid():
            continue
        try:
            finished = finish(**form.cleaned_data)
        except PendingOverError:
            raise
        except ConflictError:
            # Set up in another browser meanwhile: it is asked for now.
            return redirect("portal:second_factor")
        except DomainError as error:
            show_domain_error(form, error)
        else:
            return _show_codes(request, tenant, pending, finished)
    sealed = app["sealed"].value() if app.errors and "sealed" not in app.errors else ""
    context = {
        "member": pending.member,
        "app": app,
        "setup": begin_app(tenant, pending.member, subject=pending.pk, sealed=sealed or ""),
        "passkey": passkey,
        "passkey_options": ask_new_passkey(pending.member, site, subject=pending.pk),
    }
    status = 422 if app.errors or passkey.errors else 200
    return gate(request, tenant, "portal/second_factor_set_up.html", context, status=status)


def _show_codes(request: HttpRequest, tenant: Tenant, pending: PendingSignIn, finished: Finished) -> HttpResponse:
    """Show the recovery codes, this once, to a browser that is signed in now."""
    context = {
        "codes": finished.codes,
        "codes_file": write_codes(finished.codes, place=request.get_host(), account=pending.member.email),
        "target": pending.target,
    }
    response = gate(request, tenant, "portal/second_factor_codes.html", context)
    return _forget(sign_in(request, response, tenant, finished.person))


def _enter_as(request: HttpRequest, tenant: Tenant, pending: PendingSignIn, person: SignedIn) -> HttpResponse:
    return _forget(sign_in(request, HttpResponseRedirect(pending.target), tenant, person))


def _over(request: HttpRequest, tenant: Tenant, error: PendingOverError) -> HttpResponse:
    if request.method == "GET" and current_member(request, tenant):
        # Somebody who went back in the browser's history after the sign-in.
        return redirect("/")
    return _forget(gate(request, tenant, "portal/second_factor_over.html", {"sentence": error.message}, status=410))


def _forget(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, path=reverse("portal:second_factor"), samesite="Lax")
    return response


def _status(refusal: DomainError | None) -> int:
    return refusal.status if refusal is not None and refusal.status == 429 else 422
