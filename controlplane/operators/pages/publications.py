"""A tenant's history: every revision, who made it, what it changed, and the way back to it."""

import re
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.registry.differences import document_changes
from tenants.registry.models import Publication
from tenants.registry.services.revisions import restore_revision

__all__ = ["PublicationsPage"]

PER_PAGE = 20


class PublicationsPage(TenantPage):
    """Publications, newest first, each with its difference from the one before."""

    tab = "publications"
    title = "History"
    template_name = "operators/tenant_publications.html"
    commands: ClassVar = {"restore": "restore"}

    def read(self) -> dict[str, Any]:
        """Return one page of publications with their changes."""
        page = Paginator(Publication.objects.filter(tenant=self.tenant), PER_PAGE).get_page(self.request.GET.get("p"))
        publications = list(page.object_list)
        # The one before the oldest of this page is needed to compare with, and is not shown here.
        wanted = [publication.revision - 1 for publication in publications]
        before = dict(
            Publication.objects.filter(tenant=self.tenant, revision__in=wanted).values_list("revision", "document")
        )
        return {
            "page": page,
            "newer": f"?p={page.previous_page_number()}" if page.has_previous() else "",
            "older": f"?p={page.next_page_number()}" if page.has_next() else "",
            "history": [
                (publication, document_changes(before.get(publication.revision - 1), publication.document))
                for publication in publications
            ],
        }

    def restore(self) -> HttpResponse:
        """Bring a revision back as a new one, its files included."""
        wanted = re.fullmatch(r"[0-9]{1,9}", self.request.POST.get("revision", ""))
        if wanted is None:
            raise Http404("There is no such revision.")
        replacing = self.request.POST.get("replacing", "")
        return self.run(lambda: restore_revision(self.tenant.pk, int(wanted[0]), replacing=replacing, actor=self.actor))
