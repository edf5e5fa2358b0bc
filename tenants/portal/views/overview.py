"""The settings' first page: what is live and who changed what last."""

import msgspec
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from tenants.contract.errors import NotFoundError
from tenants.contract.state import TenantState
from tenants.portal.brand import live_publication
from tenants.portal.history import ago, describe_publisher, recent_changes
from tenants.portal.pages import Page, members_only, show
from tenants.portal.usage import GLANCE_DAYS, glance
from tenants.usage.charts import as_count
from tenants.usage.reading import report_use
from tenants.workspace.models import Flag, Member
from tenants.workspace.switches import count_set

__all__ = ["missing", "overview"]


@require_safe
@members_only
def overview(page: Page) -> HttpResponse:
    """Show what visitors are served now, each part with the way to change it."""
    publication = live_publication(page.tenant)
    state = msgspec.convert(publication.document, TenantState)
    palettes = (state.branding.light, state.branding.dark)
    use = report_use(page.tenant, days=GLANCE_DAYS)
    context = {
        "use": use,
        "use_messages": as_count(use.messages),
        "use_spark": glance(use.days),
        "publication": publication,
        "published": ago(publication.created_at),
        "publisher": describe_publisher(page.tenant, publication.actor),
        "address": state.hosts[0] if state.hosts else "",
        "colours": [colour for palette in palettes for colour in msgspec.structs.astuple(palette) if colour],
        "switches_set": count_set(state.features) + count_set(state.interface),
        "flags": list(Flag.objects.all()),
        "access": state.access.mode.value,
        "members": Member.objects.filter(is_active=True).count(),
        "changes": recent_changes(page.tenant),
    }
    return show(page, "portal/overview.html", context, section="overview")


@members_only
def missing(_page: Page) -> HttpResponse:
    """Answer addresses below /settings/ that lead nowhere."""
    raise NotFoundError("page_not_found", "There is no such page in the settings.")
