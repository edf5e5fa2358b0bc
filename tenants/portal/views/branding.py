"""Names, theme, colours and font; images are brought in beside, in ``uploads``."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.contract.state import AssetRole
from tenants.portal.brand import CHAINLIT_COLOURS
from tenants.portal.files import Shelf
from tenants.portal.history import ago, describe_publisher
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.portal.presets import PRESETS
from tenants.workspace.forms import BrandingForm, show_domain_error
from tenants.workspace.meanwhile import Collision, EditedMeanwhileError
from tenants.workspace.services.branding import get_branding, update_branding

__all__ = ["branding"]

LOGOS = {"light": AssetRole.LOGO_LIGHT, "dark": AssetRole.LOGO_DARK}
THEMES = {"light": "Light theme", "dark": "Dark theme"}
COLOURS = {
    "primary": ("Primary", "Buttons, links and focus."),
    "background": ("Background", "Behind the conversation."),
    "accent": ("Accent", "People's messages and what the pointer is over."),
}


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_BRANDING)
def branding(page: Page) -> HttpResponse:
    """Show the brand and take changes of it."""
    form = BrandingForm(page.posted, initial=get_branding())
    collisions: list[dict[str, object]] = []
    if page.posted is not None and form.is_valid():
        since = latest_revision(page)
        try:
            made_of = form.cleaned_data["made_of"]
            update_branding(page.tenant.pk, values=form.values(), made_of=made_of, actor=page.actor)
        except EditedMeanwhileError as error:
            show_domain_error(form, error)
            form.accept(error.collisions)
            collisions = [_both_sides(page, form, collision) for collision in error.collisions]
        except DomainError as error:
            show_domain_error(form, error)
        else:
            tell_outcome(page, "Branding saved.", since=since)
            return redirect("portal:branding")
    shelf = Shelf(page.tenant)
    logos = {theme: shelf.one(role).published for theme, role in LOGOS.items()}
    palettes = [
        {
            "theme": theme,
            "title": title,
            # As the chat does: one logo stands in both themes.
            "logo": logos[theme] or next(filter(None, logos.values()), None),
            "suggestions": shelf.colours(theme),
            "colours": [
                {"field": form[f"{theme}_{name}"], "part": name, "title": label, "help": help_text,
                 "default": CHAINLIT_COLOURS[f"{theme}_{name}"]}
                for name, (label, help_text) in COLOURS.items()
            ],
        }
        for theme, title in THEMES.items()
    ]  # fmt: skip
    context = {
        "collisions": collisions,
        "form": form,
        "palettes": palettes,
        "places": shelf.images,
        "presets": PRESETS,
    }
    return show(page, "portal/branding.html", context, section="branding", status=422 if form.errors else 200)


def _both_sides(page: Page, form: BrandingForm, collision: Collision) -> dict[str, object]:
    """Return a field that two people changed, in words: what it is, whose is what, and when."""
    return {
        "label": form.fields[collision.field].label,
        "theirs": collision.theirs,
        "mine": form.cleaned_data[collision.field],
        "who": describe_publisher(page.tenant, collision.who) if collision.who else _("Somebody"),
        "ago": ago(collision.at) if collision.at else "",
    }
