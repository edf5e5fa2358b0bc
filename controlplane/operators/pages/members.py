"""The people of a tenant."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.request import QueryDict

from controlplane.operators.forms import MemberPasswordForm
from controlplane.operators.pages.tenant_page import TenantPage
from tenants.identity.services.factors import has_second_factor, reset_factors
from tenants.identity.services.members import add_member, remove_member, set_member_password, update_member
from tenants.identity.services.passwords import invite_member, resend_invitation
from tenants.identity.services.signing_out import sign_out_member
from tenants.workspace.forms import MemberForm
from tenants.workspace.models import Member

__all__ = ["MembersPage"]


class MembersPage(TenantPage):
    """The list, and beside it the form of a new member or of the one that ``?edit=`` names."""

    tab = "members"
    title = "Members"
    template_name = "operators/tenant_members.html"
    commands: ClassVar = {
        "add": "add_member",
        "update": "update_member",
        "password": "set_password",
        "remove": "remove_member",
        "sign-out": "sign_member_out",
        "reset-factors": "reset_second_factor",
        "invite": "resend_invitation",
    }

    def read(self) -> dict[str, Any]:
        """Return the members and the forms."""
        members = list(Member.objects.all())
        chosen = self.request.POST.get("member") or self.request.GET.get("edit")
        edited = next((member for member in members if str(member.pk) == chosen), None)
        return {
            "members": [(member, not member.password.startswith("!")) for member in members],
            "edited": edited,
            "edited_has_factors": edited is not None and has_second_factor(edited.pk),
            "add_form": _add_form(None),
            "edit_form": _edit_form(None, edited),
            "password_form": MemberPasswordForm(auto_id="password_%s"),
        }

    def add_member(self) -> HttpResponse:
        """Add a member with a password, or invite one by mail to choose it."""
        form = _add_form(self.request.POST)
        email = self.request.POST.get("email", "").strip()
        done = f"{email} is a member now." if self.request.POST.get("password") else f"{email} is invited by mail."
        return self.submit("add_form", form, lambda: self._add(form.cleaned_data), done=done)

    def _add(self, values: dict[str, Any]) -> None:
        if values["password"]:
            add_member(self.tenant.pk, **values, actor=self.actor)
        else:
            del values["password"]
            invite_member(self.tenant.pk, **values, actor=self.actor)

    def sign_member_out(self) -> HttpResponse:
        """End all sign-ins of a member."""
        return self.run(
            lambda: sign_out_member(self.tenant.pk, self._member_id(), actor=self.actor),
            done="The member is signed out on all devices.",
        )

    def reset_second_factor(self) -> HttpResponse:
        """Take a member's second factors away, who lost them."""
        return self.run(
            lambda: reset_factors(self.tenant.pk, self._member_id(), actor=self.actor),
            done="The second factor is reset, and the member is signed out on all devices.",
        )

    def resend_invitation(self) -> HttpResponse:
        """Mail a new link to somebody who has no password yet."""
        return self.run(
            lambda: resend_invitation(self.tenant.pk, self._member_id(), actor=self.actor),
            done="A new invitation is on its way.",
        )

    def update_member(self) -> HttpResponse:
        """Change a member's name, role or activity."""
        form = _edit_form(self.request.POST, None)
        return self.submit(
            "edit_form",
            form,
            lambda: update_member(self.tenant.pk, self._member_id(), **form.cleaned_data, actor=self.actor),
            done="The member is saved.",
        )

    def set_password(self) -> HttpResponse:
        """Give a member a new password."""
        form = MemberPasswordForm(self.request.POST, auto_id="password_%s")
        return self.submit(
            "password_form",
            form,
            lambda: set_member_password(self.tenant.pk, self._member_id(), **form.cleaned_data, actor=self.actor),
            done="The new password is set.",
        )

    def remove_member(self) -> HttpResponse:
        """Remove a member."""
        return self.run(
            lambda: remove_member(self.tenant.pk, self._member_id(), actor=self.actor), done="The member is removed."
        )

    def _member_id(self) -> str:
        return self.request.POST.get("member", "")


def _add_form(data: QueryDict | None) -> MemberForm:
    form = MemberForm(data, auto_id="add_%s")
    del form.fields["is_active"]
    return form


def _edit_form(data: QueryDict | None, member: Member | None) -> MemberForm:
    initial = {"name": member.name, "role": member.role, "is_active": member.is_active} if member else None
    form = MemberForm(data, initial=initial, auto_id="edit_%s")
    for name in ("email", "password"):
        del form.fields[name]
    return form
