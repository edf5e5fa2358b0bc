"""A member's own second factors: set up, named, removed; what is at stake takes a fresh proof of who one is."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import is_password_usable
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import DomainError
from tenants.identity.factors.recovery import write_codes
from tenants.identity.services.enrolling import (
    add_app,
    add_passkey,
    ask_new_passkey,
    begin_app,
    new_recovery_codes,
)
from tenants.identity.services.factors import (
    describe_factors,
    remove_app,
    remove_passkey,
    rename_passkey,
)
from tenants.identity.services.proving import (
    ask_passkey,
    is_recently_proved,
    note_proof,
    prove_by_code,
    prove_by_passkey,
    prove_by_password,
)
from tenants.identity.visit import Visit
from tenants.identity.ways import takes_passwords
from tenants.portal.browsers import describe_browser
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, gate, safe_next, show, signed_in
from tenants.portal.passkey_site import site_of
from tenants.portal.views.second_factor import AppForm, CodeForm, PasskeyForm, RecoveryForm
from tenants.workspace.forms import show_domain_error

__all__ = [
    "app", "confirm", "passkeys", "recovery_codes", "remove_own_app", "remove_own_passkey", "rename_own_passkey",
]  # fmt: skip

Parameters = ParamSpec("Parameters")


class OwnPasswordForm(forms.Form):
    """The password of whoever is signed in."""

    password = forms.CharField(
        label="Password", max_length=200, strip=False, error_messages={"required": "Write your password."}
    )


def _proved(view: Callable[Concatenate[Page, Parameters], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let those go on who have proved who they are a short while ago; all others do so first."""

    @wraps(view)
    def guarded(page: Page, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        if is_recently_proved(page.sign_in_id):
            return view(page, *args, **kwargs)
        # What was sent by a form cannot be sent again by a redirect.
        target = page.request.path if page.request.method == "GET" else reverse("portal:profile")
        return redirect(f"{reverse('portal:confirm')}?{urlencode({'next': target})}")

    return signed_in(guarded)


@require_http_methods(["GET", "POST"])
@signed_in
def confirm(page: Page) -> HttpResponse:
    """Take a proof of who is signed in: the password, or a factor."""
    site, visit, posted = site_of(page.request, page.tenant), Visit.of(page.request), page.request.POST
    password = OwnPasswordForm(posted if "password" in posted else None)
    code = CodeForm(posted if "code" in posted else None)
    recovery = RecoveryForm(posted if "recovery" in posted else None)
    refusal: DomainError | None = None
    try:
        proved = True
        if password.is_valid():
            prove_by_password(page.tenant, page.member, password.cleaned_data["password"])
        elif code.is_valid():
            prove_by_code(page.tenant, page.member, code.cleaned_data["code"], visit=visit)
        elif recovery.is_valid():
            prove_by_code(page.tenant, page.member, recovery.cleaned_data["recovery"], visit=visit)
        elif posted.get("answer"):
            prove_by_passkey(page.tenant, page.member, site, posted["answer"], subject=page.sign_in_id, visit=visit)
        else:
            proved = False
        if proved:
            note_proof(page.sign_in_id)
            return HttpResponseRedirect(safe_next(page.request))
    except DomainError as error:
        refusal = error
    factors = describe_factors(page.member)
    context = {
        "member": page.member,
        "next": safe_next(page.request),
        "has_password": takes_passwords(page.tenant) and is_password_usable(page.member.password),
        "has_app": factors.app is not None,
        "codes_left": factors.codes_left,
        "passkey_options": ask_passkey(page.member, site, subject=page.sign_in_id),
        "password": password,
        "code": code,
        "recovery": recovery,
        "by_recovery": "recovery" in posted,
        "refusal": refusal,
    }
    wrong = refusal or password.errors or code.errors or recovery.errors
    return gate(page.request, page.tenant, "portal/confirm.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@_proved
def app(page: Page) -> HttpResponse:
    """Set an authenticator app up."""
    form = AppForm(page.posted)
    if form.is_valid():
        values = form.cleaned_data
        try:
            codes = add_app(page.tenant, page.member.pk, **values, subject=page.sign_in_id, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            return _done(page, "Your authenticator app is set up.", codes)
    sealed = form["sealed"].value() if form.errors and "sealed" not in form.errors else ""
    setup = begin_app(page.tenant, page.member, subject=page.sign_in_id, sealed=sealed or "")
    context = {"app": form, "setup": setup}
    return show(page, "portal/own_app.html", context, section="profile", status=422 if form.errors else 200)


@require_POST
@_proved
def remove_own_app(page: Page) -> HttpResponse:
    """Take the app away."""
    with telling(page, "Your app is removed."):
        remove_app(page.tenant, page.member.pk, actor=page.actor)
    return redirect("portal:profile")


@require_http_methods(["GET", "POST"])
@_proved
def passkeys(page: Page) -> HttpResponse:
    """Set a passkey up."""
    site = site_of(page.request, page.tenant)
    browser = describe_browser(page.request.headers.get("User-Agent", ""))[:60]
    form = PasskeyForm(page.posted, initial={"name": browser})
    if form.is_valid():
        values = form.cleaned_data
        try:
            codes = add_passkey(page.tenant, page.member.pk, site, **values, subject=page.sign_in_id, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            return _done(page, f"“{values['name']}” is set up.", codes)
    context = {"passkey": form, "passkey_options": ask_new_passkey(page.member, site, subject=page.sign_in_id)}
    return show(page, "portal/own_passkey.html", context, section="profile", status=422 if form.errors else 200)


@require_POST
@signed_in
def rename_own_passkey(page: Page, passkey_id: UUID) -> HttpResponse:
    """Call a passkey by another name."""
    name = page.request.POST.get("name", "")
    with telling(page, "Saved."):
        rename_passkey(page.tenant, page.member.pk, passkey_id, name=name, actor=page.actor)
    return redirect("portal:profile")


@require_POST
@_proved
def remove_own_passkey(page: Page, passkey_id: UUID) -> HttpResponse:
    """Take a passkey away."""
    with telling(page, "The passkey is removed. Your device may still list it."):
        remove_passkey(page.tenant, page.member.pk, passkey_id, actor=page.actor)
    return redirect("portal:profile")


@require_POST
@_proved
def recovery_codes(page: Page) -> HttpResponse:
    """Make new recovery codes in the place of those from before, and show them."""
    try:
        codes = new_recovery_codes(page.tenant, page.member.pk, actor=page.actor)
    except DomainError as error:
        messages.error(page.request, error.message)
        return redirect("portal:profile")
    return _done(page, "New recovery codes are made; those from before no longer work.", codes)


def _done(page: Page, done: str, codes: list[str]) -> HttpResponse:
    """Say what is set up, and show the recovery codes where there are new ones: this once."""
    messages.success(page.request, done)
    if not codes:
        return redirect("portal:profile")
    context = {
        "codes": codes,
        "codes_file": write_codes(codes, place=page.request.get_host(), account=page.member.email),
    }
    return show(page, "portal/own_codes.html", context, section="profile")
