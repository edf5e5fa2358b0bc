"""What a member has typed and not saved, kept for the frame beside the form that shows it in a real chat."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from tenants.contract.errors import DomainError, InvalidValueError, NotFoundError
from tenants.contract.previews import preview_path
from tenants.contract.roles import Permission
from tenants.contract.state import Features, Interface
from tenants.portal.chat import chat_editor
from tenants.portal.pages import Page, permitted
from tenants.portal.sessions import let_preview
from tenants.registry.services.previews import LASTS, keep_preview
from tenants.workspace.chat_form import ChatEditor
from tenants.workspace.forms import BrandingForm, SwitchesForm
from tenants.workspace.services.branding import get_branding, update_branding
from tenants.workspace.services.chat import LINKS, update_chat
from tenants.workspace.services.chat_settings import get_features, get_interface, update_chat_settings

__all__ = ["preview"]


@dataclass(frozen=True)
class Typed:
    """The forms of a page as they are typed, and the service that would save them; only called where all are valid."""

    forms: tuple[forms.Form | ChatEditor, ...]
    save: Callable[[], None]


def _branding(page: Page) -> Typed:
    form = BrandingForm(page.posted, initial=get_branding())
    return Typed((form,), lambda: update_branding(page.tenant.pk, values=form.values(), actor=page.actor))


def _features(page: Page) -> Typed:
    features = SwitchesForm(Features, page.posted, initial=get_features())
    interface = SwitchesForm(Interface, page.posted, initial=get_interface(), without={LINKS})

    def save() -> None:
        values = {"features": features.values(), "interface": interface.values()}
        update_chat_settings(page.tenant.pk, **values, keeping={LINKS}, actor=page.actor)

    return Typed((features, interface), save)


def _chat(page: Page) -> Typed:
    editor = chat_editor(page)
    return Typed((editor,), lambda: update_chat(page.tenant.pk, **editor.values(), actor=page.actor))


SECTIONS: dict[str, Callable[[Page], Typed]] = {"branding": _branding, "chat": _chat, "features": _features}
"""The pages whose changes can be looked at before they are saved."""


@require_POST
@permitted(Permission.USE_SETTINGS)
def preview(page: Page, section: str) -> HttpResponse:
    """Keep what is typed on a page and answer where it can be looked at; for the page's script alone."""
    try:
        if section not in SECTIONS:
            raise NotFoundError("page_not_found", "There is no such page in the settings.")
        typed = SECTIONS[section](page)
        if not all(form.is_valid() for form in typed.forms):
            raise InvalidValueError("preview_incomplete", "What is typed cannot be shown yet.")
        opened = keep_preview(
            page.tenant.pk,
            member_id=page.member.pk,
            sign_in_id=page.sign_in_id,
            change=typed.save,
            secret=page.request.headers.get("X-Preview", ""),
            actor=page.actor,
        )
    except DomainError as error:
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    response = JsonResponse({"secret": opened.secret, "address": preview_path(opened.secret)})
    return let_preview(page.request, response, page.tenant, page.sign_in_id, lasts=LASTS)
