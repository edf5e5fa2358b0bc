"""Who may enter the chat."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import DomainError
from tenants.contract.networks import normalise_address
from tenants.contract.roles import Permission
from tenants.identity.models import IdentityProvider
from tenants.identity.scim.summary import summarise_directory
from tenants.identity.services.signing_out import sign_out_everyone
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.portal.sessions import renew_token
from tenants.workspace.access.form import AccessForm
from tenants.workspace.forms import show_domain_error
from tenants.workspace.models import Member
from tenants.workspace.services.access import get_access, preview_access, update_access
from tenants.workspace.services.history import is_history_kept, update_history

__all__ = ["access", "keep_history", "sign_out_all"]


@require_http_methods(["GET", "POST"])
@permitted(Permission.MANAGE_ENTRY)
def access(page: Page) -> HttpResponse:
    """Show and take who may enter; a form that only asks is answered with what it would do.

    The page's script asks by itself, at any time, for the answer alone: it says nothing of what was done before, so
    that the page that is looked at next still does.
    """
    form = AccessForm(page.posted, initial=get_access())
    address = normalise_address(page.request.META.get("REMOTE_ADDR", ""))
    preview = None
    if page.posted is not None and form.is_valid():
        since = latest_revision(page)
        try:
            if "ask" in page.posted:
                preview = preview_access(page.tenant.pk, **form.asked(), **form.values(), actor=page.actor)
            else:
                update_access(page.tenant.pk, **form.values(), actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            if preview is None:
                tell_outcome(page, "Access saved.", since=since)
                return redirect("portal:access")
    status = 422 if form.errors else 200
    if page.posted is not None and page.posted.get("ask") == "part":
        answer = {"form": form, "preview": preview}
        return render(page.request, "portal/parts/access_preview.html", answer, status=status)
    members = Member.objects.filter(is_active=True).count()
    context = {
        "form": form,
        "members": members,
        "history_kept": is_history_kept(),
        "address": address,
        "asked": page.posted is not None and "ask" in page.posted,
        "preview": preview,
        "providers": list(IdentityProvider.objects.all()),
        "directory": summarise_directory(),
        "may_manage": page.shows(Permission.MANAGE_ACCESS),
    }
    return show(page, "portal/access.html", context, section="access", status=status)


@require_POST
@permitted(Permission.SIGN_OUT_EVERYONE)
def sign_out_all(page: Page) -> HttpResponse:
    """End every sign-in but the one it is done by, which gets a new token."""
    since = latest_revision(page)
    sign_out_everyone(page.tenant.pk, kept=page.sign_in_id, actor=page.actor)
    tell_outcome(page, "Everyone is signed out of the chat.", since=since)
    return renew_token(page.request, redirect("portal:access"), page.tenant, page.sign_in_id)


@require_POST
@permitted(Permission.KEEP_CONVERSATIONS)
def keep_history(page: Page) -> HttpResponse:
    """Keep conversations, or no longer."""
    since = latest_revision(page)
    enabled = page.request.POST.get("enabled") == "true"
    update_history(page.tenant.pk, enabled=enabled, actor=page.actor)
    said = "Conversations are kept from now on." if enabled else "New conversations are no longer kept."
    tell_outcome(page, said, since=since)
    return redirect("portal:access")
