"""What the chat says: welcome text and words by language, starters, and the links in the header."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.chat import chat_editor
from tenants.portal.history import ago, describe_publisher
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.chat_form import ChatEditor, field_label, field_words
from tenants.workspace.meanwhile import Collision, EditedMeanwhileError
from tenants.workspace.services.chat import update_chat

__all__ = ["chat"]


@require_http_methods(["GET", "POST"])
@permitted(Permission.EDIT_FEATURES)
def chat(page: Page) -> HttpResponse:
    """Show the texts, starters and links and take changes of them."""
    editor = chat_editor(page)
    refusal, collisions = "", list[dict[str, object]]()
    if page.posted is not None and editor.is_valid():
        since = latest_revision(page)
        try:
            update_chat(page.tenant.pk, **editor.values(), made_of=editor.made_of, actor=page.actor)
        except EditedMeanwhileError as error:
            refusal = error.message
            editor.accept(error.collisions)
            collisions = [_both_sides(page, editor, collision) for collision in error.collisions]
        except DomainError as error:
            refusal = error.message
        else:
            tell_outcome(page, _("Chat saved."), since=since)
            return redirect("portal:chat")
    faults = editor.count_errors()
    context = {"editor": editor, "faults": faults, "refusal": refusal, "collisions": collisions}
    return show(page, "portal/chat.html", context, section="chat", status=422 if faults or refusal else 200)


def _both_sides(page: Page, editor: ChatEditor, collision: Collision) -> dict[str, object]:
    """Return a field that two people changed, in words: what it is, whose is what, and when."""
    return {
        "label": field_label(collision.field),
        "theirs": field_words(collision.field, collision.theirs),
        "mine": field_words(collision.field, editor.fields().get(collision.field)),
        "who": describe_publisher(page.tenant, collision.who) if collision.who else _("Somebody"),
        "ago": ago(collision.at) if collision.at else "",
    }
