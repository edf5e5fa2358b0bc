"""Suspending and resuming tenants, one or many, each with a question and a note."""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controlplane.operators.forms import StatusForm
from controlplane.operators.pages.admin_page import AdminPage
from controlplane.operators.pages.tenant_page import tenant_address
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.registry.models import Publication, Tenant
from tenants.registry.services.lifecycle import resume_tenant, suspend_tenant

__all__ = ["ResumePage", "StatusPage", "SuspendPage", "status_address"]


def status_address(verb: str, tenant_ids: list[UUID]) -> str:
    """Return the address of the question whether to ``suspend`` or ``resume`` these tenants."""
    return f"{reverse(f'admin:registry_tenant_{verb}')}?{urlencode([('tenant', pk) for pk in tenant_ids])}"


class StatusPage(AdminPage):
    """Ask for a note and for certainty, then call the service for each tenant."""

    template_name = "operators/tenant_status.html"
    title: ClassVar[str]
    question: ClassVar[str]
    consequence: ClassVar[str]
    button: ClassVar[str]
    done: ClassVar[str]
    service: ClassVar[Callable[..., Publication]]

    def is_permitted(self, request: HttpRequest) -> bool:
        """Both the question and the deed need the change permission."""
        return bool(self.model_admin.has_change_permission(request))

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Ask."""
        return self._ask(StatusForm(), self._tenants())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do it for each tenant; one that cannot be is named and does not hold up the others."""
        tenants = self._tenants()
        form = StatusForm(request.POST)
        if not form.is_valid():
            self.say_errors(form)
            return self._ask(form, tenants)
        changed = []
        for tenant in tenants:
            try:
                type(self).service(tenant.pk, actor=self.actor, note=form.cleaned_data["note"])
                changed.append(tenant.name)
            except DomainError as error:
                messages.error(request, error.message)
        if changed:
            messages.success(request, f"{', '.join(changed)}: {self.done}.")
        if len(tenants) == 1:
            return HttpResponseRedirect(tenant_address(tenants[0].pk))
        return HttpResponseRedirect(reverse("admin:registry_tenant_changelist"))

    def _tenants(self) -> list[Tenant]:
        values = self.request.POST if self.request.method == "POST" else self.request.GET
        try:
            tenants = list(Tenant.objects.filter(pk__in=values.getlist("tenant")).prefetch_related("domains"))
        except ValidationError as error:
            raise Http404("There is no such tenant.") from error
        if not tenants:
            raise Http404("There is no such tenant.")
        return tenants

    def _ask(self, form: StatusForm, tenants: list[Tenant]) -> HttpResponse:
        context: dict[str, Any] = {
            "form": dressed(form),
            "tenants": tenants,
            "question": self.question.format(tenants[0].name if len(tenants) == 1 else f"{len(tenants)} tenants"),
            "consequence": self.consequence,
            "button": self.button,
            "dangerous": isinstance(self, SuspendPage),
        }
        return self.page(self.title, **context)


class SuspendPage(StatusPage):
    """Stop serving tenants."""

    title = "Suspend"
    question = "Suspend {}?"
    consequence = "Chats answer with a notice, and open conversations are closed at once. Nothing is deleted."
    button = "Suspend"
    done = "suspended"
    service = staticmethod(suspend_tenant)


class ResumePage(StatusPage):
    """Serve tenants again."""

    title = "Resume"
    question = "Serve {} again?"
    consequence = "Chats answer again from the next request on."
    button = "Resume"
    done = "served again"
    service = staticmethod(resume_tenant)
