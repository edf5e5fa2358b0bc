"""Variables and secrets that the app's code reads for this tenant. A secret is written here and never comes back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import VariableForm, show_domain_error
from tenants.workspace.models import EnvironmentVariable
from tenants.workspace.services.environment import delete_variable, set_variable

__all__ = ["environment", "remove_variable"]


@require_http_methods(["GET", "POST"])
@permitted(Permission.SEE_ENVIRONMENT)
def environment(page: Page) -> HttpResponse:
    """List the variables and set one; a name that is there already gets the new value."""
    form = VariableForm(page.posted)
    if page.posted is not None and form.is_valid():
        values = form.cleaned_data
        if values["is_secret"] and not values["value"]:
            form.add_error("value", "A secret needs a value. To take it away, remove it.")
        else:
            since = latest_revision(page)
            try:
                set_variable(page.tenant.pk, **values, actor=page.actor)
            except DomainError as error:
                show_domain_error(form, error)
            else:
                tell_outcome(page, f"{values['name']} is set.", since=since)
                return redirect("portal:environment")
    variables = EnvironmentVariable.objects.all()
    # What a secret's row holds stays out of the page, and so does a value that was just refused.
    rows = [
        {
            "name": row.name,
            "is_secret": row.is_secret,
            "at": row.updated_at,
            "value": "" if row.is_secret else row.value,
        }
        for row in variables
    ]
    context = {"form": form, "variables": rows, "is_secret": form["is_secret"].value()}
    return show(page, "portal/environment.html", context, section="environment", status=422 if form.errors else 200)


@require_POST
@permitted(Permission.EDIT_ENVIRONMENT)
def remove_variable(page: Page, name: str) -> HttpResponse:
    """Remove a variable; app code then sees the app's or the platform's value, if there is one."""
    since = latest_revision(page)
    try:
        delete_variable(page.tenant.pk, name, actor=page.actor)
    except DomainError as error:
        messages.error(page.request, error.message)
    else:
        tell_outcome(page, f"{name} removed.", since=since)
    return redirect("portal:environment")
