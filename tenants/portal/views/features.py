"""Chainlit's switches that the tenant owns."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.contract.state import Features, Interface
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import SwitchesForm, SwitchGroup
from tenants.workspace.services.chat import LINKS
from tenants.workspace.services.chat_settings import get_features, get_interface, update_chat_settings

__all__ = ["features"]

WHOLE = "whole"
"""The last field of the form: where it is missing, switches before it are, too, and would go back to the app's own."""


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_FEATURES)
def features(page: Page) -> HttpResponse:
    """Show every switch and take changes of them."""
    posted = page.posted
    forms = [
        SwitchesForm(Features, posted, initial=get_features()),
        SwitchesForm(Interface, posted, initial=get_interface(), without={LINKS}),
    ]
    torn = posted is not None and WHOLE not in posted
    refusal = _("Not all of the page arrived. Please send it once more.") if torn else ""
    if page.posted is not None and not torn and all([form.is_valid() for form in forms]):  # noqa: C419 - both must tell their errors
        since = latest_revision(page)
        try:
            values = {"features": forms[0].values(), "interface": forms[1].values()}
            # The links in the header are on the page of the chat's texts.
            update_chat_settings(page.tenant.pk, **values, keeping={LINKS}, actor=page.actor)
        except DomainError as error:
            refusal = error.message
        else:
            tell_outcome(page, "Features and interface saved.", since=since)
            return redirect("portal:features")
    faults = sum(form.count_errors() for form in forms)
    context = {"groups": _merged(forms), "faults": faults, "refusal": refusal, "whole": WHOLE}
    return show(page, "portal/features.html", context, section="features", status=422 if faults or refusal else 200)


def _merged(forms: list[SwitchesForm]) -> list[SwitchGroup]:
    """Return the groups of both forms, those with the same title as one."""
    merged: dict[str, SwitchGroup] = {}
    for form in forms:
        for group in form.groups():
            merged.setdefault(group.title, SwitchGroup(group.title)).switches.extend(group.switches)
    return sorted(merged.values(), key=lambda group: group.position)
