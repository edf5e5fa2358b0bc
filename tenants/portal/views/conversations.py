"""What was said in the tenant's chat: finding, reading, exporting and deleting it, and who may."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tenants.contract.errors import DomainError, ForbiddenError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.conversations.files import FileAddresses
from tenants.conversations.formats import ExportFormat
from tenants.conversations.models import Readers
from tenants.conversations.queries import Place
from tenants.conversations.services.deleting import delete_conversations
from tenants.conversations.services.exporting import export_conversations
from tenants.conversations.services.policy import count_older_than, read_policy, update_policy
from tenants.conversations.services.reading import list_conversations, read_conversation, whose
from tenants.identity.browser import live_state
from tenants.portal.conversations import PolicyForm, SearchForm, shown_steps
from tenants.portal.history import recent_looks
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import show_domain_error
from tenants.workspace.services.history import is_history_kept

__all__ = ["conversation", "conversations", "delete", "export", "policy"]


@require_safe
@permitted(Permission.READ_CONVERSATIONS)
def conversations(page: Page) -> HttpResponse:
    """List what is looked for, the newest first."""
    return _show(page)


@require_safe
@permitted(Permission.READ_CONVERSATIONS)
def conversation(page: Page, conversation_id: UUID) -> HttpResponse:
    """Show what was said in a conversation, and what was done for it."""
    after = Place.read(page.request.GET.get("after", ""))
    read = read_conversation(page.tenant.pk, conversation_id, after=after, actor=page.actor)
    context = {
        "read": read,
        "person": whose(read.thread),
        "steps": shown_steps(read, FileAddresses(live_state(page.tenant))),
        "is_first": after is None,
        "may_delete": page.shows(Permission.MANAGE_CONVERSATIONS),
        "formats": list(ExportFormat),
    }
    return show(page, "portal/conversation.html", context, section="conversations")


@require_safe
@permitted(Permission.READ_CONVERSATIONS)  # type: ignore[arg-type]  # what guards add to an answer, one that streams takes too
def export(page: Page) -> StreamingHttpResponse:
    """Hand out what is looked for, or one conversation, as a file that is written while it is sent."""
    form = SearchForm(page.request.GET)
    try:
        kind = ExportFormat(page.request.GET.get("format", ""))
        only = UUID(page.request.GET["only"]) if page.request.GET.get("only") else None
    except ValueError as error:
        raise InvalidValueError("export_invalid", _("There is no such export.")) from error
    if not form.is_valid():
        raise InvalidValueError("export_invalid", _("That search cannot be exported. Please search again."))
    pieces = export_conversations(page.tenant.pk, search=form.search(), only=only, form=kind, actor=page.actor)
    name = f"conversations-{page.tenant.slug}-{timezone.now():%Y-%m-%d}.{kind.value}"
    return StreamingHttpResponse(
        _sent(pieces),
        content_type=kind.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@require_POST
@permitted(Permission.MANAGE_CONVERSATIONS)
def delete(page: Page) -> HttpResponse:
    """Delete the chosen conversations."""
    chosen = page.request.POST.getlist("conversation")
    try:
        ids = [UUID(identifier) for identifier in chosen]
    except ValueError:
        ids = []
    if not ids:
        messages.error(page.request, _("Nothing was deleted. Choose conversations first."))
        return redirect("portal:conversations")
    said = ngettext("The conversation is deleted.", "The conversations are deleted.", len(ids))
    with telling(page, said):
        delete_conversations(page.tenant.pk, ids, actor=page.actor)
    return redirect("portal:conversations")


@require_POST
@permitted(Permission.MANAGE_CONVERSATIONS)
def policy(page: Page) -> HttpResponse:
    """Take who reads and how long conversations stay; what deletes any at once is asked about first."""
    form = PolicyForm(page.request.POST)
    if not form.is_valid():
        return _show(page, policy_form=form)
    doomed = count_older_than(form.cleaned_data["retention_days"]) if form.deletes_sooner_than(read_policy()) else 0
    if doomed:
        return _show(page, policy_form=form, doomed=doomed)
    try:
        update_policy(page.tenant.pk, **form.values(), actor=page.actor)
    except DomainError as error:
        show_domain_error(form, error)
        return _show(page, policy_form=form)
    messages.success(page.request, _("Saved. It counts from now on."))
    return redirect("portal:conversations")


def _show(page: Page, *, policy_form: PolicyForm | None = None, doomed: int = 0) -> HttpResponse:
    """Show the page; what was searched for stands in the address, so a form that is sent shows no list."""
    kept = read_policy()
    form = SearchForm(page.request.GET)
    listing, closed = None, ""
    if policy_form is None and form.is_valid():
        before = Place.read(page.request.GET.get("before", ""))
        try:
            listing = list_conversations(page.tenant.pk, search=form.search(), before=before, actor=page.actor)
        except ForbiddenError as error:
            closed = error.message
    context = {
        "form": form,
        "listing": listing,
        "closed": closed,
        "asked": form.is_valid() and any(form.cleaned_data.values()),
        "formats": [(kind, form.query(format=kind.value)) for kind in ExportFormat] if form.is_valid() else [],
        "older": form.query(before=str(listing.next)) if listing is not None and listing.next else "",
        "is_first": not page.request.GET.get("before"),
        "is_kept": is_history_kept(),
        "policy": kept,
        "policy_form": policy_form or PolicyForm.of(kept),
        "readers": Readers.choices,
        "doomed": doomed,
        "may_manage": page.shows(Permission.MANAGE_CONVERSATIONS),
        "looks": recent_looks(page.tenant),
    }
    status = 422 if form.errors or (policy_form is not None and policy_form.errors) else 200
    return show(page, "portal/conversations.html", context, section="conversations", status=status)


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Have each piece made in the thread that has the connection, as the server asks for it."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
