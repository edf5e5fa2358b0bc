"""What a person is told after saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.contrib import messages
from django.db.models import Max
from django.utils.translation import gettext as _

from tenants.contract.errors import DomainError
from tenants.portal.pages import Page
from tenants.registry.drafts import read_draft
from tenants.registry.models import AuditEntry, Publication

__all__ = ["Moment", "latest_revision", "tell_outcome", "telling"]


@contextmanager
def telling(page: Page, done: str) -> Iterator[None]:
    """Say what was done, or why it was refused; either way the view goes on."""
    try:
        yield
    except DomainError as error:
        messages.error(page.request, error.message)
    else:
        messages.success(page.request, done)


class Moment(NamedTuple):
    """How far a tenant was: its newest revision, and its newest entry of the audit log."""

    revision: int
    entry: int


def latest_revision(page: Page) -> Moment:
    """Return how far the tenant is: take it before a change, to see what became of the change."""
    revision = Publication.objects.filter(tenant=page.tenant).aggregate(newest=Max("revision"))["newest"]
    entry = AuditEntry.objects.filter(tenant_id=page.tenant.pk).aggregate(newest=Max("id"))["newest"]
    return Moment(revision or 0, entry or 0)


def tell_outcome(page: Page, done: str, *, since: Moment) -> None:
    """Say what was done, and under which revision it is live, or that it waits, or that there was nothing to change."""
    label = page.actor.label[:200]
    own = Publication.objects.filter(tenant=page.tenant, revision__gt=since.revision, actor=label)
    published = own.order_by("-revision").first()
    if published:
        messages.success(page.request, f"{done} Live as revision {published.revision}.")
    elif AuditEntry.objects.filter(tenant_id=page.tenant.pk, id__gt=since.entry, actor=label).exists():
        waits = _("It waits until you publish it.") if read_draft(page.tenant) else ""
        messages.success(page.request, f"{done} {waits}".strip())
    else:
        messages.info(page.request, "Nothing changed, so nothing was published.")
