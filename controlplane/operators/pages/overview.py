"""A tenant at a glance: what the operator owns of it, its domains, and what changed last."""

from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from controlplane.operators.addresses import chat_address, primary_domain, settings_address
from controlplane.operators.forms import DomainForm, IdentityForm, VisitForm
from controlplane.operators.pages.status import status_address
from controlplane.operators.pages.tenant_page import TenantPage
from controlplane.operators.sign_in.pages import signed_in_operator
from tenants.contract.errors import DomainError
from tenants.registry.models import AuditEntry
from tenants.registry.services.domains import add_domain, make_domain_primary, remove_domain, verify_domain
from tenants.registry.services.drafts import set_publish_on_save
from tenants.registry.services.lifecycle import update_tenant
from tenants.registry.services.platform_visits import begin_visit
from tenants.workspace.forms import show_domain_error

__all__ = ["OverviewPage"]

LATEST_CHANGES = 8


class OverviewPage(TenantPage):
    """Identity, status, domains and the latest changes."""

    tab = "change"
    title = "Overview"
    template_name = "operators/tenant_overview.html"
    commands: ClassVar = {
        "identity": "save_identity",
        "add-domain": "add_domain",
        "verify-domain": "verify_domain",
        "primary-domain": "make_domain_primary",
        "remove-domain": "remove_domain",
        "view-as": "view_as_tenant",
        "publish-on-save": "choose_publishing",
    }

    def read(self) -> dict[str, Any]:
        """Return the forms, the domains and the latest audit entries."""
        entries = AuditEntry.objects.filter(Q(tenant_id=self.tenant.pk) | Q(tenant_slug=self.tenant.slug))
        return {
            "identity_form": IdentityForm(tenant=self.tenant),
            "domain_form": DomainForm(),
            "visit_form": VisitForm(),
            "domains": [(domain, chat_address(domain.domain)) for domain in self.tenant.domains.all()],
            "latest": list(entries[:LATEST_CHANGES]),
            "suspend_address": status_address("suspend", [self.tenant.pk]),
            "resume_address": status_address("resume", [self.tenant.pk]),
        }

    def save_identity(self) -> HttpResponse:
        """Change name, app and plan."""
        form = IdentityForm(self.request.POST, tenant=self.tenant)
        return self.submit(
            "identity_form", form, lambda: update_tenant(self.tenant.pk, **form.cleaned_data, actor=self.actor)
        )

    def add_domain(self) -> HttpResponse:
        """Add a domain, to be verified later."""
        form = DomainForm(self.request.POST)
        return self.submit(
            "domain_form", form, lambda: add_domain(self.tenant.pk, form.cleaned_data["domain"], actor=self.actor)
        )

    def verify_domain(self) -> HttpResponse:
        """Let the domain resolve."""
        return self.run(lambda: verify_domain(self.tenant.pk, self._domain_id(), actor=self.actor))

    def make_domain_primary(self) -> HttpResponse:
        """Make the domain the canonical one."""
        return self.run(lambda: make_domain_primary(self.tenant.pk, self._domain_id(), actor=self.actor))

    def remove_domain(self) -> HttpResponse:
        """Take the domain away."""
        return self.run(lambda: remove_domain(self.tenant.pk, self._domain_id(), actor=self.actor))

    def view_as_tenant(self) -> HttpResponse:
        """Send the operator's browser to the tenant's settings, to see them as an owner does."""
        form = VisitForm(self.request.POST)
        if form.is_valid():
            try:
                _, key = begin_visit(
                    self.tenant.pk,
                    operator=signed_in_operator(self.request),
                    reason=form.cleaned_data["reason"],
                    minutes=int(form.cleaned_data["minutes"]),
                    actor=self.actor,
                )
                address = settings_address(primary_domain(self.tenant))
                return HttpResponseRedirect(f"{address}visit/{key.visit_id}/{key.secret}/")
            except DomainError as error:
                show_domain_error(form, error)
        self.say_errors(form)
        return self.show(visit_form=form)

    def choose_publishing(self) -> HttpResponse:
        """Let whatever is saved be live at once, or wait."""
        enabled = self.request.POST.get("enabled") == "true"
        done = _("Whatever is saved is live at once.") if enabled else _("What is saved waits until it is published.")
        return self.run(lambda: set_publish_on_save(self.tenant.pk, enabled=enabled, actor=self.actor), done=done)

    def _domain_id(self) -> int:
        value = self.request.POST.get("domain", "")
        # Zero is nobody's id, so the service says in its own words that there is no such domain.
        return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else 0
