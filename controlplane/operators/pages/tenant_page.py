"""The frame of every page about one tenant: its tabs, its schema, and the way of an edit."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from controlplane.operators.addresses import chat_address, primary_domain, settings_address
from controlplane.operators.pages.admin_page import AdminPage
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError, NotFoundError
from tenants.registry.drafts import read_draft
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.drafts import discard_draft, publish_draft
from tenants.workspace.forms import show_domain_error
from tenants.workspace.services.scheduling import (
    cancel_publication,
    latest_schedule,
    parse_time,
    schedule_publication,
)

__all__ = ["TABS", "TenantPage", "tenant_address"]

TABS: tuple[tuple[str, str], ...] = (
    ("change", "Overview"),
    ("branding", "Branding"),
    ("files", "Files"),
    ("features", "Features & interface"),
    ("flags", "Flags"),
    ("app_settings", "App settings"),
    ("access", "Access"),
    ("environment", "Environment"),
    ("members", "Members"),
    ("usage", "Usage"),
    ("publications", "History"),
)


SHARED_COMMANDS: Mapping[str, str] = {
    "publish-draft": "publish_what_waits",
    "discard-draft": "discard_what_waits",
    "cancel-publication": "cancel_what_is_planned",
}


def tenant_address(tenant_id: UUID | str, tab: str = "change") -> str:
    """Return the address of one of a tenant's pages."""
    return reverse(f"admin:registry_tenant_{tab}", args=[tenant_id])


class TenantPage(AdminPage):
    """One tab of a tenant.

    ``read`` returns what the page shows and runs in the tenant's schema; it must return finished values, for the
    template is rendered outside that schema. Each name in ``commands`` is a method that answers a POST whose
    ``command`` says so; those of every tab are ``SHARED_COMMANDS``.
    """

    tab: ClassVar[str]
    title: ClassVar[str]
    commands: ClassVar[Mapping[str, str]] = {}
    tenant: Tenant

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking needs the view permission on tenants, everything else the change permission."""
        if request.method in {"GET", "HEAD"}:
            return bool(self.model_admin.has_view_permission(request))
        return bool(self.model_admin.has_change_permission(request))

    def find(self, **identifiers: Any) -> None:
        """Find the tenant, or answer 404."""
        try:
            self.tenant = get_tenant(identifiers["tenant_id"])
        except NotFoundError as error:
            raise Http404(error.message) from error

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show the page."""
        return self.show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Run the command that the form names."""
        method = {**SHARED_COMMANDS, **self.commands}.get(request.POST.get("command", ""))
        if method is None:
            raise Http404("There is no such command.")
        answer: HttpResponse = getattr(self, method)()
        return answer

    def read(self) -> dict[str, Any]:
        """Return the page's values and fresh forms."""
        raise NotImplementedError

    def show(self, **forms: Any) -> HttpResponse:
        """Return the page; ``forms`` take the place of the fresh ones of the same name (those with errors)."""
        with tenant_schema(self.tenant):
            values = {**self.read(), **forms}
        for value in values.values():
            if isinstance(value, Form):
                dressed(value)
        domain = primary_domain(self.tenant)
        return self.page(
            self.title,
            tenant=self.tenant,
            original=self.tenant,
            tabs=[
                {"title": title, "address": tenant_address(self.tenant.pk, name), "active": name == self.tab}
                for name, title in TABS
            ],
            chat_address=chat_address(domain),
            settings_address=settings_address(domain),
            may_change=self.model_admin.has_change_permission(self.request),
            draft=read_draft(self.tenant),
            plan=latest_schedule(self.tenant),
            **values,
        )

    def submit(self, name: str, form: Form, call: Callable[[], object], *, done: str = "") -> HttpResponse:
        """Call a service with a form's values: say the new revision, or show the form again with what is wrong.

        ``done`` is what is said where nothing is published.
        """
        if form.is_valid():
            try:
                return self.saved(call, done=done)
            except DomainError as error:
                show_domain_error(form, error)
        self.say_errors(form)
        return self.show(**{name: form})

    def run(self, call: Callable[[], object], *, done: str = "") -> HttpResponse:
        """Call a service that takes no form; ``done`` is said where nothing is published. A refusal is a message."""
        try:
            return self.saved(call, done=done)
        except DomainError as error:
            messages.error(self.request, error.message)
            return self.back()

    def back(self) -> HttpResponse:
        """Return to the page, as a browser should after every change."""
        return HttpResponseRedirect(tenant_address(self.tenant.pk, self.tab))

    def saved(self, call: Callable[[], object], *, done: str = "") -> HttpResponse:
        """Call a service and say what came of it; a refusal is the caller's to show."""
        before, waited = self.tenant.live_publication, read_draft(self.tenant)
        call()
        tenant = get_tenant(self.tenant.pk)
        after, waits = tenant.live_publication, read_draft(tenant)
        if done:
            messages.success(self.request, done)
        elif after is not None and after != before:
            messages.success(self.request, f"Published as revision {after.revision}.")
        elif waits is not None and (waited is None or waits.checksum != waited.checksum):
            messages.success(self.request, _("Saved. It waits until it is published."))
        else:
            messages.info(self.request, "Nothing changed, so nothing was published.")
        return self.back()

    def publish_what_waits(self) -> HttpResponse:
        """Publish the changes that the operator looked at: at once, or at the time that they named."""
        sent = self.request.POST
        note, seen, time = sent.get("note", "")[:300], sent.get("seen", ""), sent.get("at", "")
        if time:
            return self.run(
                lambda: schedule_publication(
                    self.tenant.pk, at=parse_time(time), note=note, seen=seen, actor=self.actor
                ),
                done=_("Planned. Whatever waits then is published."),
            )
        return self.run(lambda: publish_draft(self.tenant.pk, note=note, seen=seen, actor=self.actor))

    def discard_what_waits(self) -> HttpResponse:
        """Give up the changes that the operator looked at."""
        seen = self.request.POST.get("seen", "")
        done = _("The changes are discarded. All is as it is live.")
        return self.run(lambda: discard_draft(self.tenant.pk, seen=seen, actor=self.actor), done=done)

    def cancel_what_is_planned(self) -> HttpResponse:
        """Give up a publication that was planned."""
        done = _("The plan is cancelled. The changes go on waiting.")
        return self.run(lambda: cancel_publication(self.tenant.pk, actor=self.actor), done=done)
