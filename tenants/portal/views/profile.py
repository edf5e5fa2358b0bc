"""What every member changes of themselves: name, password, and where they are signed in."""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import is_password_usable
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tenants.contract.errors import DomainError
from tenants.identity.browser import live_state
from tenants.identity.models import SignIn
from tenants.identity.services.factors import describe_factors
from tenants.identity.services.members import rename_member
from tenants.identity.services.passwords import change_password
from tenants.identity.services.signing_out import end_sign_in
from tenants.identity.visit import Visit
from tenants.identity.ways import name_ways, takes_passwords
from tenants.portal.browsers import describe_browser
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, show, signed_in
from tenants.portal.sessions import sign_in
from tenants.portal.views.links import NewPasswordForm
from tenants.workspace.forms import show_domain_error

__all__ = ["change_own_password", "end_own_sign_in", "profile", "rename"]


class NameForm(forms.Form):
    """How others see one."""

    name = forms.CharField(label="Name", max_length=80, required=False)


class PasswordForm(NewPasswordForm):
    """The password before, and the new one."""

    current = forms.CharField(
        label="Present password", max_length=200, strip=False, error_messages={"required": "Write your password."}
    )


@require_safe
@signed_in
def profile(page: Page) -> HttpResponse:
    """Show it."""
    return _show(page, PasswordForm())


@require_POST
@signed_in
def rename(page: Page) -> HttpResponse:
    """Take the name."""
    form = NameForm(page.request.POST)
    if form.is_valid():
        rename_member(page.tenant.pk, page.member.pk, name=form.cleaned_data["name"], actor=page.actor)
        messages.success(page.request, "Your name is saved. The chat shows it from your next sign-in on.")
    return redirect("portal:profile")


@require_POST
@signed_in
def change_own_password(page: Page) -> HttpResponse:
    """Take a new password; this browser stays signed in, all others are out."""
    form = PasswordForm(page.request.POST)
    if form.is_valid():
        visit = Visit.of(page.request)
        try:
            person = change_password(page.tenant, page.member, **form.cleaned_data, visit=visit, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            response = sign_in(page.request, redirect("portal:profile"), page.tenant, person)
            messages.success(page.request, "Your password is changed. All other devices are signed out.")
            return response
    return _show(page, form)


@require_POST
@signed_in
def end_own_sign_in(page: Page, sign_in_id: UUID) -> HttpResponse:
    """Sign out on another device."""
    with telling(page, "That device is signed out."):
        end_sign_in(page.tenant.pk, page.member.pk, sign_in_id, actor=page.actor)
    return redirect("portal:profile")


def _show(page: Page, form: PasswordForm) -> HttpResponse:
    lasts = timedelta(seconds=live_state(page.tenant).access.session_seconds)
    begun = timezone.now() - lasts
    open_sign_ins = SignIn.objects.filter(member=page.member, ended_at=None, created_at__gt=begun)[:50]
    context = {
        "form": form,
        "takes_passwords": takes_passwords(page.tenant),
        "has_password": is_password_usable(page.member.password),
        "ways": name_ways(page.tenant),
        "factors": describe_factors(page.member),
        "asked": live_state(page.tenant).access.second_factor.of(page.member.role).value,
        "sign_ins": [
            {"row": row, "browser": describe_browser(row.user_agent), "is_this": row.pk == page.sign_in_id}
            for row in open_sign_ins
        ],
    }
    return show(page, "portal/profile.html", context, section="profile", status=422 if form.errors else 200)
