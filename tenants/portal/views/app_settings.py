"""What the tenant sets of its app's own settings."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.history import ago, describe_publisher
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.app_settings_form import AppSettingsForm
from tenants.workspace.forms import show_domain_error
from tenants.workspace.meanwhile import Collision, EditedMeanwhileError
from tenants.workspace.services.app_settings import SettingsRefusedError, read_app_settings, update_app_settings

__all__ = ["app_settings"]


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_APP_SETTINGS)
def app_settings(page: Page) -> HttpResponse:
    """Show the settings that the app asks for and take changes of them."""
    stored = read_app_settings(page.tenant)
    if stored is None:
        return show(page, "portal/app_settings.html", {"groups": []}, section="app_settings")
    form = AppSettingsForm(page.posted, stored=stored)
    collisions: list[dict[str, object]] = []
    if page.posted is not None and form.is_valid():
        since = latest_revision(page)
        try:
            update_app_settings(
                page.tenant.pk,
                values=form.values(),
                secrets=form.secrets(),
                made_of=form.cleaned_data["made_of"],
                actor=page.actor,
            )
        except SettingsRefusedError as error:
            form.refuse(error)
        except EditedMeanwhileError as error:
            show_domain_error(form, error)
            collisions = [_both_sides(page, form, collision) for collision in error.collisions]
            form.accept(error.collisions)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            tell_outcome(page, _("App settings saved."), since=since)
            return redirect("portal:app_settings")
    context = {"form": form, "groups": form.groups(), "unknown": stored.unknown, "collisions": collisions}
    context["faults"] = bool(stored.faults) and page.posted is None
    return show(page, "portal/app_settings.html", context, section="app_settings", status=422 if form.errors else 200)


def _both_sides(page: Page, form: AppSettingsForm, collision: Collision) -> dict[str, object]:
    """Return a setting that two people changed, in words: what it is, whose is what, and when."""
    return {
        "label": form.label_of(collision.field),
        "theirs": form.in_words(collision.field, collision.theirs),
        "mine": form.in_words(collision.field, form.values().get(collision.field)),
        "who": describe_publisher(page.tenant, collision.who) if collision.who else _("Somebody"),
        "ago": ago(collision.at) if collision.at else "",
    }
