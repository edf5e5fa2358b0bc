"""The people of the tenant: inviting them, and everything about one of them."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import is_password_usable
from django.db.models import Exists, Max, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission, Role
from tenants.identity.models import AuthenticatorApp, RegisteredPasskey
from tenants.identity.services.factors import reset_factors
from tenants.identity.services.members import add_member, remove_member, update_member
from tenants.identity.services.passwords import are_invitations_sent, invite_member, resend_invitation
from tenants.identity.services.signing_out import sign_out_member
from tenants.identity.ways import name_ways, takes_passwords
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, permitted, show
from tenants.registry.services.platform_visits import recent_visits
from tenants.workspace.forms import show_domain_error
from tenants.workspace.models import ROLE_CHOICES, Member

__all__ = ["change_member", "members", "remove", "resend", "reset_second_factor", "sign_member_out"]


class InvitationForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(label="E-mail", error_messages={"invalid": "That is not an e-mail address."})
    name = forms.CharField(label="Name", required=False, max_length=80)
    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, initial=Role.MEMBER)


class AddForm(InvitationForm):
    """Whom to add where nobody is invited, and their first password."""

    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        help_text="At least 10 characters; a few words are easy to remember.",
        error_messages={"required": "Choose a password."},
    )


class ChangeForm(forms.Form):
    """What an administrator may change of a member."""

    name = forms.CharField(required=False, max_length=80)
    role = forms.ChoiceField(choices=ROLE_CHOICES)
    is_active = forms.BooleanField(required=False)


@require_http_methods(["GET", "POST"])
@permitted(Permission.MANAGE_MEMBERS)
def members(page: Page) -> HttpResponse:
    """List the members, and invite one or add one with a password, as the policy says."""
    invites = are_invitations_sent(page.tenant)
    asks_password = not invites and takes_passwords(page.tenant)
    form = (AddForm if asks_password else InvitationForm)(page.posted)
    if page.posted is not None and form.is_valid():
        try:
            add = invite_member if invites else add_member
            added = add(page.tenant.pk, **form.cleaned_data, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            said = f"The invitation to {added.email} is on its way." if invites else f"{added.email} is a member now."
            messages.success(page.request, said)
            return redirect("portal:members")
    may_change_owners = page.shows(Permission.MANAGE_OWNERS)
    listed = Member.objects.annotate(
        seen=Max("sign_ins__last_seen_at"),
        open=Max("sign_ins__created_at", filter=Q(sign_ins__ended_at=None)),
        has_second_factor=Exists(AuthenticatorApp.objects.filter(member=OuterRef("pk")))
        | Exists(RegisteredPasskey.objects.filter(member=OuterRef("pk"))),
    )
    rows = [
        {
            "member": member,
            "is_self": member.pk == page.member.pk,
            "is_invited": member.last_login is None and not is_password_usable(member.password),
            "may_change": may_change_owners or member.role != Role.OWNER,
        }
        for member in listed
    ]
    roles = [choice for choice in ROLE_CHOICES if may_change_owners or choice[0] != Role.OWNER]
    context = {
        "form": form,
        "rows": rows,
        "roles": roles,
        "invites": invites,
        "asks_password": asks_password,
        "ways": name_ways(page.tenant),
        "visits": recent_visits(page.tenant),
    }
    return show(page, "portal/members.html", context, section="members", status=422 if form.errors else 200)


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def change_member(page: Page, member_id: UUID) -> HttpResponse:
    """Change a member's name, role or activity."""
    form = ChangeForm(page.request.POST)
    if not form.is_valid():
        messages.error(page.request, "Nothing was changed. Choose a role.")
        return redirect("portal:members")
    with telling(page, "Saved."):
        update_member(page.tenant.pk, member_id, **form.cleaned_data, actor=page.actor)
    return redirect("portal:members")


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def resend(page: Page, member_id: UUID) -> HttpResponse:
    """Send an invitation again."""
    with telling(page, "A new invitation is on its way; the link before no longer works."):
        resend_invitation(page.tenant.pk, member_id, actor=page.actor)
    return redirect("portal:members")


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def sign_member_out(page: Page, member_id: UUID) -> HttpResponse:
    """End all sign-ins of a member."""
    with telling(page, "Signed out everywhere."):
        sign_out_member(page.tenant.pk, member_id, actor=page.actor)
    return redirect("portal:members")


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def reset_second_factor(page: Page, member_id: UUID) -> HttpResponse:
    """Take a member's second factors away, who lost them."""
    with telling(page, "The second factor is reset, and the member is signed out everywhere."):
        reset_factors(page.tenant.pk, member_id, actor=page.actor)
    return redirect("portal:members")


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def remove(page: Page, member_id: UUID) -> HttpResponse:
    """Remove a member."""
    with telling(page, "The member is removed."):
        remove_member(page.tenant.pk, member_id, actor=page.actor)
    return redirect("portal:members")
