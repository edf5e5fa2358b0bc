"""What was saved and waits: published, now or at a time, or discarded; and whether anything waits at all."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.portal.outcome import telling
from tenants.portal.pages import Page, permitted, safe_next
from tenants.registry.services.drafts import discard_draft, publish_draft, set_publish_on_save
from tenants.workspace.services.scheduling import cancel_publication, parse_time, schedule_publication

__all__ = ["cancel", "choose", "discard", "publish"]


@require_POST
@permitted(Permission.PUBLISH)
def publish(page: Page) -> HttpResponse:
    """Publish what the member looked at, with a note: at once, or at the time that they named."""
    sent = page.request.POST
    note, seen, time = sent.get("note", "")[:300], sent.get("seen", ""), sent.get("at", "")
    try:
        if time:
            plan = schedule_publication(page.tenant.pk, at=parse_time(time), note=note, seen=seen, actor=page.actor)
            said = _("Planned. Whatever waits on %(time)s UTC is published then.")
            done = said % {"time": date_format(plan.publish_at, "j M Y, H:i")}
        else:
            live = publish_draft(page.tenant.pk, note=note, seen=seen, actor=page.actor)
            done = _("Published. Live as revision %(number)d.") % {"number": live.revision}
    except DomainError as error:
        messages.error(page.request, error.message)
    else:
        messages.success(page.request, done)
    return redirect(safe_next(page.request))


@require_POST
@permitted(Permission.PUBLISH)
def cancel(page: Page) -> HttpResponse:
    """Give up a publication that was planned; what waits goes on waiting."""
    with telling(page, _("The plan is cancelled. The changes go on waiting.")):
        cancel_publication(page.tenant.pk, actor=page.actor)
    return redirect(safe_next(page.request))


@require_POST
@permitted(Permission.PUBLISH)
def discard(page: Page) -> HttpResponse:
    """Give up what the member looked at."""
    with telling(page, _("The changes are discarded. All is as it is live.")):
        discard_draft(page.tenant.pk, seen=page.request.POST.get("seen", ""), actor=page.actor)
    return redirect(safe_next(page.request))


@require_POST
@permitted(Permission.MANAGE_PUBLISHING)
def choose(page: Page) -> HttpResponse:
    """Let whatever is saved be live at once, or wait."""
    enabled = page.request.POST.get("enabled") == "true"
    done = _("Whatever is saved is live at once.") if enabled else _("What is saved waits until it is published.")
    with telling(page, done):
        set_publish_on_save(page.tenant.pk, enabled=enabled, actor=page.actor)
    return redirect("portal:history")
