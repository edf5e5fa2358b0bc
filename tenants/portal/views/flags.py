"""The tenant's own flags, which app code reads by name: switches, values, and whom each is for."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import ConflictError, DomainError
from tenants.contract.flags import FlagKind
from tenants.contract.roles import Permission
from tenants.identity.scim.membership import groups_of
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.flag_form import FIRST_VALUES, FlagEditor
from tenants.workspace.flag_rows import definition_of, fingerprint
from tenants.workspace.flag_trial import Trial, try_flags
from tenants.workspace.flag_wording import describe_flag
from tenants.workspace.forms import NewFlagForm, show_domain_error
from tenants.workspace.models import Flag
from tenants.workspace.services.chat_settings import get_interface
from tenants.workspace.services.flags import define_flag, delete_flag, set_flag

__all__ = ["flag_rules", "flags", "remove_flag", "switch_flag"]


@dataclass(frozen=True)
class ListedFlag:
    """A flag in the list, with what it does in one line where that is more than on or off."""

    name: str
    description: str
    enabled: bool
    words: str


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_FLAGS)
def flags(page: Page) -> HttpResponse:
    """List the flags and add one; ``?who=`` asks what somebody would get."""
    form = NewFlagForm(page.posted)
    if page.posted is not None and form.is_valid():
        name = form.cleaned_data["name"]
        if Flag.objects.filter(name=name).exists():
            form.add_error("name", f"There is a flag “{name}” already.")
        else:
            since = latest_revision(page)
            try:
                _add(page, form)
            except DomainError as error:
                show_domain_error(form, error)
            else:
                tell_outcome(page, f"Flag {name} added.", since=since)
                has_values = form.kind is not FlagKind.SWITCH
                return redirect("portal:flag_rules", name) if has_values else redirect("portal:flags")
    context = {"form": form, "flags": [_listed(row) for row in Flag.objects.all()], "trial": _trial(page)}
    return show(page, "portal/flags.html", context, section="flags", status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_FLAGS)
def flag_rules(page: Page, name: str) -> HttpResponse:
    """Show and take a flag's values and rules."""
    row = Flag.objects.filter(name=name).first()
    if row is None:
        messages.error(page.request, f"There is no flag “{name[:63]}” any more.")
        return redirect("portal:flags")
    editor = FlagEditor(definition_of(row), description=row.description, data=page.posted)
    refusal, version = "", fingerprint(row)
    if page.posted is not None and editor.is_valid():
        since, said = latest_revision(page), editor.form.cleaned_data
        try:
            define_flag(
                page.tenant.pk,
                name,
                definition=editor.definition(),
                description=said["description"],
                made_of=said["made_of"],
                actor=page.actor,
            )
        except ConflictError as error:
            # What was typed stays in the form, which now is a change of what the other person saved.
            refusal = error.message
        except DomainError as error:
            refusal, version = error.message, said["made_of"]
        else:
            tell_outcome(page, _("Flag %(name)s saved.") % {"name": name}, since=since)
            return redirect("portal:flag_rules", name)
    elif page.posted is not None:
        version = page.posted.get("made_of", "")
    context = {"flag": row, "editor": editor, "faults": editor.faults, "refusal": refusal, "version": version}
    status = 200 if page.posted is None else 409 if refusal else 422
    return show(page, "portal/flag.html", context, section="flags", status=status)


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


def _add(page: Page, form: NewFlagForm) -> None:
    name, said = form.cleaned_data["name"], form.cleaned_data
    if form.kind is FlagKind.SWITCH:
        set_flag(page.tenant.pk, name, enabled=said["enabled"], description=said["description"], actor=page.actor)
        return
    # Off: until its values are written, the app's own default is better than an empty one.
    definition = {"default": "default", "enabled": False, "variants": {"default": FIRST_VALUES[form.kind]}}
    define_flag(
        page.tenant.pk, name, definition=definition, description=said["description"], made_of="", actor=page.actor
    )


def _listed(row: Flag) -> ListedFlag:
    words = describe_flag(definition_of(row))
    return ListedFlag(row.name, row.description, row.enabled, "" if words in {"on", "off"} else words)


def _trial(page: Page) -> Trial | None:
    who = page.request.GET.get("who", "").strip()[:254]
    if not who:
        return None
    locale = str(get_interface().language or page.request.GET.get("locale", ""))
    return try_flags(who, groups=groups_of(who), locale=locale[:35])
