"""What the pages of signing in share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from controlplane.operators.sign_in.ceremonies import begin_ceremony, site_of, take_challenge
from controlplane.operators.sign_in.factors import add_authenticator_app, add_passkey
from controlplane.operators.sign_in.forms import CodeForm, PasskeyNameForm
from controlplane.operators.sign_in.proving import Proof, kept_passkeys, prove
from controlplane.operators.sign_in.sealing import seal_secret, unseal_secret
from controlplane.operators.sign_in.sessions import is_confirmed
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.identity.factors.codes import create_secret, draw_setup, setup_address, spell_secret
from tenants.identity.factors.passkeys import ask_for_passkey, ask_for_registration
from tenants.identity.visit import Visit

__all__ = ["confirmed", "page", "prove_on_page", "safe_target", "set_up_on_page", "signed_in_operator"]

Parameters = ParamSpec("Parameters")
NEW_SECRET = "operator_new_secret"  # noqa: S105 - the name of a place in the session


def page(request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page in the admin's look, which no browser or proxy keeps."""
    frame = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(
        request,
        f"operators/{template}.html",
        {**frame, **context},
        status=status,
        headers={"Cache-Control": "no-store"},
    )


def safe_target(request: HttpRequest) -> str:
    """Return where to go afterwards: a page of the admin on this host and nothing else."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("admin:index")
    inside = target.startswith(home) and not target.startswith(reverse("operator_sign_in"))
    return target if inside and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else home


def signed_in_operator(request: HttpRequest) -> User:
    """Return the operator of a page that stands behind the admin's sign-in."""
    assert isinstance(request.user, User)  # noqa: S101 - as its view says
    return request.user


def confirmed(
    view: Callable[Concatenate[HttpRequest, Parameters], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let an operator on who has proved who they are a moment ago; ask all others for it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        # A form that was sent cannot be sent again by a redirect.
        target = request.path if request.method == "GET" else reverse("operator_security")
        return redirect(f"{reverse('operator_confirm')}?{urlencode({'next': target})}")

    return guarded


def prove_on_page(request: HttpRequest, operator: User) -> tuple[str, dict[str, Any]]:
    """Return the way in which the operator has just proved a second factor; else nothing, and what the page shows."""
    site, form = site_of(request), CodeForm(request.POST if request.POST.get("code") is not None else None)
    answer = request.POST.get("answer", "")
    challenge, error = take_challenge(request), ""
    if answer or (form.is_bound and form.is_valid()):
        code = "" if answer else form.cleaned_data["code"]
        try:
            proof = Proof(code=code, answer=answer, challenge=challenge)
            return prove(operator, proof, site=site, visit=Visit.of(request)), {}
        except DomainError as refused:
            error = refused.message
    known = kept_passkeys(operator, site)
    options = begin_ceremony(request, ask_for_passkey(site, known=known)) if known else ""
    has_app = hasattr(operator, "authenticator_app")
    return "", {"form": dressed(form), "options": options, "error": error, "has_app": has_app, "operator": operator}


def set_up_on_page(request: HttpRequest, operator: User) -> tuple[list[str] | None, dict[str, Any]]:
    """Return the recovery codes that came with a factor that was just set up; else None, and what the page shows."""
    site, visit = site_of(request), Visit.of(request)
    secret = _new_secret(request, operator)
    form = CodeForm(request.POST if request.POST.get("code") is not None else None)
    answer, challenge, error = request.POST.get("answer", ""), take_challenge(request), ""
    try:
        if answer:
            name = request.POST.get("name", "")
            return add_passkey(operator, name=name, answer=answer, challenge=challenge, site=site, visit=visit), {}
        if form.is_bound and form.is_valid():
            codes = add_authenticator_app(operator, secret=secret, code=form.cleaned_data["code"], visit=visit)
            del request.session[NEW_SECRET]
            return codes, {}
    except DomainError as refused:
        error = refused.message
    ceremony = ask_for_registration(
        site,
        user_id=f"operator/{operator.pk}".encode(),
        account=operator.get_username(),
        name=operator.get_full_name(),
        known=kept_passkeys(operator, site),
    )
    return None, {
        "form": dressed(form),
        "name_form": dressed(PasskeyNameForm()),
        "options": begin_ceremony(request, ceremony),
        "error": error,
        "picture": draw_setup(setup_address(secret, issuer="Chainlit Tenants", account=operator.get_username())),
        "spelled": spell_secret(secret),
        "operator": operator,
    }


def _new_secret(request: HttpRequest, operator: User) -> str:
    """Return the secret that the operator is shown, the same one until an app has shown its code."""
    if NEW_SECRET not in request.session:
        request.session[NEW_SECRET] = seal_secret(operator, create_secret())
    return unseal_secret(operator, request.session[NEW_SECRET])
