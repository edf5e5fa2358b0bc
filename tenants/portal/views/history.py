"""Every revision of the tenant: who published it, what it changed, and the way back to it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.history import ago, describe_publisher
from tenants.portal.pages import Page, members_only, permitted, show
from tenants.registry.differences import Change, document_changes
from tenants.registry.models import Publication
from tenants.registry.services.revisions import foresee_restoring, restore_revision

__all__ = ["history", "restore"]

PER_PAGE = 20


@dataclass(frozen=True)
class Revision:
    """A revision as the page lists it; ``changes`` are against the one before."""

    revision: int
    note: str
    who: str
    at: datetime
    changes: list[Change]
    is_live: bool
    is_first: bool

    @property
    def ago(self) -> str:
        """How long it is since."""
        return ago(self.at)


@require_safe
@members_only
def history(page: Page) -> HttpResponse:
    """List the revisions, newest first, and say whether what is saved waits."""
    publications = Publication.objects.filter(tenant=page.tenant)
    shown = Paginator(publications, PER_PAGE).get_page(page.request.GET.get("page"))
    context = {
        "revisions": _described(page, list(shown.object_list)),
        "number": shown.number,
        "pages": shown.paginator.num_pages,
        "newer": shown.previous_page_number() if shown.has_previous() else 0,
        "older": shown.next_page_number() if shown.has_next() else 0,
        "may_choose": page.shows(Permission.MANAGE_PUBLISHING),
        "may_restore": page.shows(Permission.RESTORE_REVISIONS),
    }
    return show(page, "portal/history.html", context, section="history")


@require_http_methods(["GET", "POST"])
@permitted(Permission.RESTORE_REVISIONS)
def restore(page: Page, revision: int) -> HttpResponse:
    """Show what going back to a revision would change, and what would be lost by it; and go back."""
    if page.posted is not None:
        replacing = page.posted.get("replacing", "")
        try:
            live = restore_revision(page.tenant.pk, revision, replacing=replacing, actor=page.actor)
        except DomainError as error:
            messages.error(page.request, error.message)
            return redirect("portal:restore_revision", revision) if error.code == "draft_waits" else _back()
        said = _("All is as it was in revision %(then)d. Live as revision %(now)d.")
        messages.success(page.request, said % {"then": revision, "now": live.revision})
        return _back()
    changes = foresee_restoring(page.tenant, revision)
    return show(page, "portal/restore.html", {"revision": revision, "changes": changes}, section="history")


def _back() -> HttpResponse:
    return redirect("portal:history")


def _described(page: Page, publications: list[Publication]) -> list[Revision]:
    """Return revisions with their authors by name, each compared with the one before."""
    names = {label: describe_publisher(page.tenant, label) for label in {row.actor for row in publications}}
    earlier = Publication.objects.filter(
        tenant=page.tenant, revision__in=[publication.revision - 1 for publication in publications]
    )
    documents = dict(earlier.values_list("revision", "document"))
    return [
        Revision(
            revision=publication.revision,
            note=publication.note,
            who=names[publication.actor],
            at=publication.created_at,
            changes=document_changes(documents.get(publication.revision - 1), publication.document),
            is_live=publication.pk == page.tenant.live_publication_id,
            is_first=publication.revision == 1,
        )
        for publication in publications
    ]
