"""Signing in and out, and the stylesheet of the tenant's brand that these pages wear too."""

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST, require_safe

from tenants.contract.access import SignInKind, SignInMethod
from tenants.contract.hosts import normalise_host
from tenants.identity.addresses import safe_path
from tenants.identity.at_provider import address_at_provider, follow_ticket
from tenants.identity.browser import live_state, read_browser
from tenants.identity.errors import NotAllowedError, SecondFactorNeededError, SignInRefusedError, TooManyAttemptsError
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.identity.services.signing_up import offers_sign_up
from tenants.identity.visit import Visit
from tenants.portal.brand import brand_stylesheet, live_publication
from tenants.portal.pages import gate, public, safe_next
from tenants.portal.refusals import sentence_of
from tenants.portal.sessions import current_member, sign_in, sign_out
from tenants.portal.views.by_proxy import named_by_proxy
from tenants.portal.views.sign_in_with import BEGINNINGS
from tenants.registry.models import Tenant

__all__ = ["SignInForm", "brand_css", "sign_in_page", "sign_out_at_provider", "sign_out_page"]


class SignInForm(forms.Form):
    """E-mail and password of a member."""

    email = forms.CharField(label="E-mail", max_length=254, error_messages={"required": "Write your e-mail address."})
    password = forms.CharField(
        label="Password", max_length=200, strip=False, error_messages={"required": "Write your password."}
    )


@public
def sign_in_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Sign a member in, to the chat too; who may change the settings is asked by each page of them."""
    target = safe_next(request)
    if request.method != "POST":
        # A provider's sign-out leads here, wherever on this host it began.
        onward = safe_path(request.GET.get("state", ""), default="") or (current_member(request, tenant) and target)
        return redirect(onward) if onward else _show(request, tenant, SignInForm(), ended="ended" in request.GET)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _show(request, tenant, form, status=422)
    try:
        person = sign_in_with_password(tenant, **form.cleaned_data, visit=Visit.of(request))
    except SecondFactorNeededError as needed:
        return redirect(f"{needed.next}?{urlencode({'next': target})}")
    except (NotAllowedError, SignInRefusedError, TooManyAttemptsError) as error:
        form.add_error(None, error.message)
        return _show(request, tenant, form, status=422 if isinstance(error, SignInRefusedError) else error.status)
    return sign_in(request, redirect(target), tenant, person)


@require_POST
@public
def sign_out_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """End the sign-in, to the chat too, and at the identity provider where it is set so.

    The browser goes there from a page: no form may lead to another site.
    """
    person = read_browser(request, tenant)
    elsewhere = address_at_provider(tenant, UUID(person.sign_in), host=_host(request)) if person else ""
    if not elsewhere:
        return sign_out(request, redirect("portal:sign_in"), tenant)
    return sign_out(request, gate(request, tenant, "portal/signing_out.html", {"elsewhere": elsewhere}), tenant)


@require_GET
@public
def sign_out_at_provider(request: HttpRequest, tenant: Tenant, ticket: str) -> HttpResponse:
    """Lead a browser on that signed out at the chat, to the identity provider of that sign-in.

    By a redirect, which scripts of the chat's page that ask for this cannot read. A ticket that is worth nothing leads
    back to the chat.
    """
    return redirect(follow_ticket(tenant, ticket, host=_host(request)) or "/")


@require_safe
def brand_css(request: HttpRequest) -> HttpResponse:
    """Return the tenant's colours as custom properties; its address names the revision, so it may be kept."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    response = HttpResponse(brand_stylesheet(live_publication(tenant)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _show(
    request: HttpRequest, tenant: Tenant, form: SignInForm, *, ended: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "ended": ended,
        "refusal": sentence_of(request.GET.get("error", "")),
        "next": safe_next(request),
        "ways": _ways(tenant),
        "offers_sign_up": offers_sign_up(tenant),
        "named": named_by_proxy(request, tenant),
    }
    return gate(request, tenant, "portal/sign_in.html", context, status=status)


def _host(request: HttpRequest) -> str:
    return normalise_host(request.META.get("HTTP_HOST", ""))


def _ways(tenant: Tenant) -> list[SignInMethod]:
    """Return the ways to sign in that begin on this page, in the policy's order."""
    methods = live_state(tenant).access.methods
    return [method for method in methods if method.kind is SignInKind.PASSWORD or method.kind in BEGINNINGS]
