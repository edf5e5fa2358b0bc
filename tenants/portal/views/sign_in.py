"""Signing in and out, and the stylesheet of the tenant's brand that these pages wear too."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tenants.portal.brand import brand_stylesheet, live_publication, read_brand
from tenants.portal.pages import chosen_theme, public, safe_next
from tenants.portal.sessions import current_member, sign_in, sign_out
from tenants.registry.models import Tenant
from tenants.workspace.services.members import authenticate_member

__all__ = ["SignInForm", "brand_css", "sign_in_page", "sign_out_page"]


class SignInForm(forms.Form):
    """E-mail and password of a member."""

    email = forms.CharField(label="E-mail", max_length=254, error_messages={"required": "Write your e-mail address."})
    password = forms.CharField(
        label="Password", max_length=200, strip=False, error_messages={"required": "Write your password."}
    )


@public
def sign_in_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Let an owner or admin in; everyone else is told why not."""
    target = safe_next(request)
    if request.method != "POST":
        if current_member(request, tenant):
            return redirect(target)
        return _show(request, tenant, SignInForm(), ended="ended" in request.GET)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _show(request, tenant, form, status=422)
    member = authenticate_member(tenant, **form.cleaned_data)
    if member is None:
        form.add_error(None, "That e-mail address and password do not belong together.")
        return _show(request, tenant, form, status=422)
    if not member.may_administer:
        return _show(request, tenant, form, refused=True, status=403)
    sign_in(request, tenant, member)
    return redirect(target)


@require_POST
@public
def sign_out_page(request: HttpRequest, _tenant: Tenant) -> HttpResponse:
    """End the sign-in to the settings; the chat's own sign-in is another one."""
    sign_out(request)
    return redirect("portal:sign_in")


@require_safe
def brand_css(request: HttpRequest) -> HttpResponse:
    """Return the tenant's colours as custom properties; its address names the revision, so it may be kept."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    response = HttpResponse(brand_stylesheet(live_publication(tenant)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _show(
    request: HttpRequest,
    tenant: Tenant,
    form: SignInForm,
    *,
    ended: bool = False,
    refused: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "brand": read_brand(live_publication(tenant)),
        "form": form,
        "ended": ended,
        "refused": refused,
        "next": safe_next(request),
        "home": reverse("portal:overview"),
        "theme": chosen_theme(request),
    }
    return render(request, "portal/sign_in.html", context, status=status)
