"""How far a new tenant is, until it is live or has failed."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controlplane.operators.addresses import chat_address, settings_address
from controlplane.operators.pages.admin_page import AdminPage
from tenants.contract.errors import DomainError
from tenants.registry.models import Provisioning, ProvisioningState
from tenants.registry.services.provisioning import retry_provisioning

__all__ = ["ProgressPage"]

STEPS: tuple[tuple[ProvisioningState, str, str], ...] = (
    (ProvisioningState.REQUESTED, "Requested", "Waiting for a worker"),
    (ProvisioningState.SCHEMA, "Schema", "Its own schema and tables"),
    (ProvisioningState.SEEDED, "Seeded", "Defaults and the owner"),
    (ProvisioningState.LIVE, "Live", "Published and served"),
)


class ProgressPage(AdminPage):
    """The steps of a provisioning; the page asks for itself each second until there is nothing left to wait for."""

    template_name = "operators/provisioning.html"
    provisioning: Provisioning

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking needs the view permission on provisionings; trying again the permission to add tenants."""
        if request.method in {"GET", "HEAD"}:
            return bool(self.model_admin.has_view_permission(request))
        return request.user.has_perm("registry.add_tenant")

    def find(self, **identifiers: Any) -> None:
        """Find the provisioning, or answer 404."""
        provisioning = Provisioning.objects.select_related("tenant").filter(pk=identifiers["provisioning_id"]).first()
        if provisioning is None:
            raise Http404("There is no such provisioning.")
        self.provisioning = provisioning

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show how far it is."""
        provisioning = self.provisioning
        return self.page(
            "Provisioning",
            object=provisioning,
            provisioning=provisioning,
            steps=_steps(provisioning),
            under_way=provisioning.state in Provisioning.OPEN_STATES,
            may_retry=request.user.has_perm("registry.add_tenant"),
            chat_address=chat_address(provisioning.domain),
            settings_address=settings_address(provisioning.domain),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Try a failed provisioning again."""
        try:
            retry_provisioning(self.provisioning.pk, actor=self.actor)
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:registry_provisioning_change", args=[self.provisioning.pk]))


def _steps(provisioning: Provisioning) -> list[dict[str, str]]:
    """Return the steps, each ``done``, ``current`` or ``waiting``; a failed one has been cleared away again."""
    states = [state for state, _, _ in STEPS]
    if provisioning.state == ProvisioningState.FAILED:
        return [{"title": title, "text": text, "state": "waiting"} for _, title, text in STEPS]
    # A state says what is reached, so the step after it is the one being worked on.
    reached = states.index(ProvisioningState(provisioning.state))
    return [
        {
            "title": title,
            "text": text,
            "state": "done" if number <= reached else "current" if number == reached + 1 else "waiting",
        }
        for number, (_, title, text) in enumerate(STEPS)
    ]
