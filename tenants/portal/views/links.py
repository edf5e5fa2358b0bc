"""Mailed links: asking for one, accepting an invitation, choosing another password."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import InvalidValueError
from tenants.identity.errors import LinkInvalidError, PasswordNotOfferedError, SecondFactorNeededError
from tenants.identity.models import MailedLink
from tenants.identity.services.passwords import MailedKey, choose_password, invited_member, request_reset
from tenants.identity.visit import Visit
from tenants.identity.ways import takes_passwords
from tenants.portal.pages import gate, public
from tenants.portal.sessions import sign_in
from tenants.portal.views.sign_in_with import leading_ways
from tenants.registry.models import Tenant
from tenants.workspace.forms import show_domain_error
from tenants.workspace.models import Member

__all__ = ["AccountForm", "NewPasswordForm", "accept_invitation", "ask_reset", "reset_password"]


class AddressForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.CharField(label="E-mail", max_length=254, error_messages={"required": "Write your e-mail address."})


class NewPasswordForm(forms.Form):
    """A password, typed once: what is typed can be shown."""

    password = forms.CharField(
        label="New password",
        max_length=200,
        strip=False,
        help_text="At least 10 characters; a few words are easy to remember.",
        error_messages={"required": "Choose a password."},
    )


class AccountForm(NewPasswordForm):
    """What a new member says of themselves."""

    name = forms.CharField(label="Your name", max_length=80, required=False)


@require_http_methods(["GET", "POST"])
@public
def ask_reset(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Take an address; everybody is told the same. Where nobody has use for a password, how one signs in."""
    if not takes_passwords(tenant):
        return _refuse(request, tenant)
    form = AddressForm(request.POST or None)
    if not form.is_valid():
        return gate(request, tenant, "portal/ask_reset.html", {"form": form}, status=422 if form.errors else 200)
    request_reset(tenant, email=form.cleaned_data["email"], visit=Visit.of(request))
    return gate(request, tenant, "portal/ask_reset.html", {"form": form, "sent": True})


@require_http_methods(["GET", "POST"])
@public
def reset_password(request: HttpRequest, tenant: Tenant, link_id: UUID, secret: str) -> HttpResponse:
    """Take a new password from whoever has the link, and sign them in."""
    if not takes_passwords(tenant):
        return _refuse(request, tenant)
    form = NewPasswordForm(request.POST or None)
    return _follow(request, tenant, MailedKey(MailedLink.Purpose.RESET, link_id, secret), form)


@require_http_methods(["GET", "POST"])
@public
def accept_invitation(request: HttpRequest, tenant: Tenant, link_id: UUID, secret: str) -> HttpResponse:
    """Take name and password of whoever was invited, and sign them in; or lead them to the way that is offered."""
    form = AccountForm(request.POST or None)
    return _follow(request, tenant, MailedKey(MailedLink.Purpose.INVITATION, link_id, secret), form)


def _follow(request: HttpRequest, tenant: Tenant, key: MailedKey, form: NewPasswordForm) -> HttpResponse:
    try:
        member = invited_member(tenant, key)
        if not takes_passwords(tenant):
            return _welcome(request, tenant, member)
        if form.is_valid():
            person = choose_password(tenant, key, **form.cleaned_data, visit=Visit.of(request))
            return sign_in(request, redirect("/"), tenant, person)
    except SecondFactorNeededError as needed:
        return redirect(needed.next)
    except LinkInvalidError as error:
        return gate(request, tenant, "portal/link_invalid.html", {"purpose": key.purpose.value}, status=error.status)
    except PasswordNotOfferedError:
        return _refuse(request, tenant)
    except InvalidValueError as error:
        show_domain_error(form, error)
    return _show(request, tenant, key.purpose, member, form)


def _welcome(request: HttpRequest, tenant: Tenant, member: Member) -> HttpResponse:
    """Lead who was invited to the ways that are offered: they know the member by the address that was invited."""
    context = {"member": member, "ways": leading_ways(tenant)}
    return gate(request, tenant, "portal/invitation_by_provider.html", context)


def _refuse(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    error = PasswordNotOfferedError()
    context = {"sentence": error.message, "ways": leading_ways(tenant)}
    return gate(request, tenant, "portal/password_not_offered.html", context, status=error.status)


def _show(
    request: HttpRequest, tenant: Tenant, purpose: MailedLink.Purpose, member: Member, form: NewPasswordForm
) -> HttpResponse:
    if isinstance(form, AccountForm) and not form.is_bound:
        form.initial = {"name": member.name}
    context = {"form": form, "member": member}
    return gate(request, tenant, f"portal/{purpose.value}.html", context, status=422 if form.errors else 200)
