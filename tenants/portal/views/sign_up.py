"""Becoming a member by oneself: asking for a link, and following it."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import InvalidValueError
from tenants.identity.errors import LinkInvalidError, SecondFactorNeededError, SignUpRefusedError
from tenants.identity.services.signing_up import (
    SignUpKey,
    complete_sign_up,
    offers_sign_up,
    request_sign_up,
    signing_up_email,
)
from tenants.identity.visit import Visit
from tenants.portal.pages import gate, public
from tenants.portal.sessions import sign_in
from tenants.portal.views.links import AccountForm
from tenants.registry.models import Tenant
from tenants.workspace.forms import show_domain_error

__all__ = ["ask_sign_up", "follow_sign_up"]


class EmailForm(forms.Form):
    """Who wants to become a member."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages={"required": "Write your e-mail address.", "invalid": "That is not an e-mail address."},
    )


@require_http_methods(["GET", "POST"])
@public
def ask_sign_up(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Take an address; everybody is told the same."""
    if not offers_sign_up(tenant):
        return _refuse(request, tenant, SignUpRefusedError())
    form = EmailForm(request.POST or None)
    if not form.is_valid():
        return gate(request, tenant, "portal/ask_sign_up.html", {"form": form}, status=422 if form.errors else 200)
    request_sign_up(tenant, email=form.cleaned_data["email"], visit=Visit.of(request))
    return gate(request, tenant, "portal/ask_sign_up.html", {"form": form, "sent": True})


@require_http_methods(["GET", "POST"])
@public
def follow_sign_up(request: HttpRequest, tenant: Tenant, link_id: UUID, secret: str) -> HttpResponse:
    """Take name and password of whoever has the link, and let them into the chat. Looking at it uses nothing up."""
    key, form = SignUpKey(link_id, secret), AccountForm(request.POST or None)
    try:
        if form.is_valid():
            person = complete_sign_up(tenant, key, **form.cleaned_data, visit=Visit.of(request))
            return sign_in(request, redirect("/"), tenant, person)
    except SecondFactorNeededError as needed:
        return redirect(needed.next)
    except InvalidValueError as error:
        show_domain_error(form, error)
    except (LinkInvalidError, SignUpRefusedError) as error:
        return _refuse(request, tenant, error)
    try:
        context = {"form": form, "email": signing_up_email(tenant, key)}
    except (LinkInvalidError, SignUpRefusedError) as error:
        return _refuse(request, tenant, error)
    return gate(request, tenant, "portal/sign_up.html", context, status=422 if form.errors else 200)


def _refuse(request: HttpRequest, tenant: Tenant, error: LinkInvalidError | SignUpRefusedError) -> HttpResponse:
    if isinstance(error, SignUpRefusedError):
        return gate(request, tenant, "portal/sign_up_refused.html", {"sentence": error.message}, status=error.status)
    context = {"purpose": "sign-up", "offers_sign_up": offers_sign_up(tenant)}
    return gate(request, tenant, "portal/link_invalid.html", context, status=error.status)
