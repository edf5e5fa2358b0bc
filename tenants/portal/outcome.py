"""What a person is told after saving."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages

from tenants.contract.errors import DomainError
from tenants.portal.pages import Page
from tenants.registry.models import Publication

__all__ = ["latest_revision", "tell_outcome", "telling"]


@contextmanager
def telling(page: Page, done: str) -> Iterator[None]:
    """Say what was done, or why it was refused; either way the view goes on."""
    try:
        yield
    except DomainError as error:
        messages.error(page.request, error.message)
    else:
        messages.success(page.request, done)


def latest_revision(page: Page) -> int:
    """Return the newest revision of the tenant: take it before a change, to see what the change published."""
    newest = Publication.objects.filter(tenant=page.tenant).order_by("-revision").first()
    return newest.revision if newest else 0


def tell_outcome(page: Page, done: str, *, since: int) -> None:
    """Say what was done and under which revision it is live, or that there was nothing to change."""
    own = Publication.objects.filter(tenant=page.tenant, revision__gt=since, actor=page.actor.label[:200])
    published = own.order_by("-revision").first()
    if published:
        messages.success(page.request, f"{done} Live as revision {published.revision}.")
    else:
        messages.info(page.request, "Nothing changed, so nothing was published.")
