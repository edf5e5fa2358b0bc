"""The company's directory: its tokens, and what its groups make of people."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission, Role
from tenants.identity.scim.form import TokenForm
from tenants.identity.scim.models import ScimGroup, ScimToken
from tenants.identity.scim.roles import GROUP_ROLES, set_group_role
from tenants.identity.scim.tokens import issue_token, revoke_token
from tenants.identity.scim.views import SCIM_PATH
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import show_domain_error

__all__ = ["directory", "issue", "revoke", "tie_group"]

SOON = timedelta(days=14)


@require_safe
@permitted(Permission.MANAGE_MEMBERS)
def directory(page: Page) -> HttpResponse:
    """Show how to set a directory up, its tokens and groups."""
    return _show(page)


@require_POST
@permitted(Permission.MANAGE_TOKENS)
def issue(page: Page) -> HttpResponse:
    """Make a token and show it, this once."""
    form = TokenForm(page.posted)
    if form.is_valid():
        try:
            token, text = issue_token(page.tenant.pk, **form.cleaned_data, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            # Not after a redirect, as elsewhere: what is to be shown once must be kept nowhere until then.
            return _show(page, made={"token": token, "text": text})
    return _show(page, form=form, status=422)


@require_POST
@permitted(Permission.MANAGE_TOKENS)
def revoke(page: Page, token_id: UUID) -> HttpResponse:
    """Revoke a token."""
    with telling(page, "The token is revoked. Whoever still uses it is refused."):
        revoke_token(page.tenant.pk, token_id, actor=page.actor)
    return redirect("portal:directory")


@require_POST
@permitted(Permission.MANAGE_MEMBERS)
def tie_group(page: Page, group_id: UUID) -> HttpResponse:
    """Say what a group makes of the people in it."""
    with telling(page, "Saved. The people in the group have their roles already."):
        set_group_role(page.tenant.pk, group_id, role=page.request.POST.get("role", ""), actor=page.actor)
    return redirect("portal:directory")


def _show(
    page: Page, *, form: TokenForm | None = None, made: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    tokens = [
        {
            "token": token,
            "is_over": token.expires_at is not None and token.expires_at <= now,
            "is_over_soon": token.expires_at is not None and now < token.expires_at <= now + SOON,
        }
        for token in ScimToken.objects.all()
    ]
    may_owners = page.actor.may(Permission.MANAGE_OWNERS)
    groups = [
        {"group": group, "may_tie": may_owners or group.role != Role.OWNER}
        for group in ScimGroup.objects.annotate(size=Count("members")).order_by("display_name")
    ]
    context = {
        "form": form or TokenForm(),
        "made": made,
        "base_address": page.request.build_absolute_uri(SCIM_PATH),
        "tokens": tokens,
        "groups": groups,
        "roles": [(role.value, role.label) for role in GROUP_ROLES if may_owners or role != Role.OWNER],
        "gives_tokens": page.actor.may(Permission.MANAGE_TOKENS),
    }
    return show(page, "portal/directory.html", context, section="access", status=status)
