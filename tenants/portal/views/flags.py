"""The tenant's own switches, which app code reads by name."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import FlagForm, show_domain_error
from tenants.workspace.models import Flag
from tenants.workspace.services.flags import delete_flag, set_flag

__all__ = ["flags", "remove_flag", "switch_flag"]


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_FLAGS)
def flags(page: Page) -> HttpResponse:
    """List the flags and add one."""
    form = FlagForm(page.posted)
    if page.posted is not None and form.is_valid():
        name = form.cleaned_data["name"]
        if Flag.objects.filter(name=name).exists():
            form.add_error("name", f"There is a flag “{name}” already.")
        else:
            since = latest_revision(page)
            try:
                set_flag(page.tenant.pk, **form.cleaned_data, actor=page.actor)
            except DomainError as error:
                show_domain_error(form, error)
            else:
                tell_outcome(page, f"Flag {name} added.", since=since)
                return redirect("portal:flags")
    context = {"form": form, "flags": Flag.objects.all()}
    return show(page, "portal/flags.html", context, section="flags", status=422 if form.errors else 200)


@require_POST
@permitted(Permission.EDIT_FLAGS)
def switch_flag(page: Page, name: str) -> HttpResponse:
    """Turn a flag on or off; one that somebody else removed meanwhile stays removed."""
    if not Flag.objects.filter(name=name).exists():
        messages.error(page.request, f"There is no flag “{name[:63]}” any more.")
        return redirect("portal:flags")
    enabled = page.request.POST.get("enabled") == "true"
    since = latest_revision(page)
    set_flag(page.tenant.pk, name, enabled=enabled, actor=page.actor)
    tell_outcome(page, f"Flag {name} is {'on' if enabled else 'off'}.", since=since)
    return redirect("portal:flags")


@require_POST
@permitted(Permission.EDIT_FLAGS)
def remove_flag(page: Page, name: str) -> HttpResponse:
    """Remove a flag; app code then sees its own default."""
    since = latest_revision(page)
    try:
        delete_flag(page.tenant.pk, name, actor=page.actor)
    except DomainError as error:
        messages.error(page.request, error.message)
    else:
        tell_outcome(page, f"Flag {name} removed.", since=since)
    return redirect("portal:flags")
