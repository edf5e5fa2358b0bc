"""Variables and secrets that many tenants share: the platform's and each plan's. A secret never comes back."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controlplane.operators.forms import PlanForm
from controlplane.operators.pages.admin_page import AdminPage
from controlplane.operators.widgets import dressed
from tenants.contract.errors import DomainError
from tenants.registry.models import EnvironmentRollout, SharedVariable, Tenant
from tenants.registry.services.shared_environment import delete_shared_variable, set_shared_variable
from tenants.workspace.forms import VariableForm, show_domain_error

__all__ = ["SharedEnvironmentPage"]

SHOWN_ROLLOUTS = 5


class SharedEnvironmentPage(AdminPage):
    """One layer, which ``?plan=`` names (none: every tenant's), and how far its last changes have come."""

    template_name = "operators/shared_environment.html"
    commands: ClassVar = {"set": "set_variable", "delete": "delete_variable"}

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking needs the view permission on shared variables, everything else the change permission."""
        if request.method in {"GET", "HEAD"}:
            return bool(self.model_admin.has_view_permission(request))
        return bool(self.model_admin.has_change_permission(request))

    @property
    def plan(self) -> str:
        """The plan whose variables are shown; empty for every tenant's."""
        return self.request.GET.get("plan", "").strip()[:40]

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show the layer."""
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Run the command that the form names."""
        method = self.commands.get(request.POST.get("command", ""))
        if method is None:
            raise Http404("There is no such command.")
        answer: HttpResponse = getattr(self, method)()
        return answer

    def set_variable(self) -> HttpResponse:
        """Set a variable, or give a secret a new value."""
        form = VariableForm(self.request.POST)
        if form.is_valid() and form.cleaned_data["is_secret"] and not form.cleaned_data["value"]:
            form.add_error("value", "A secret needs a value. To take it away, remove it.")
        if self.request.POST.get("is_secret"):
            # The page that shows a mistake is a page like any other: it does not repeat the secret either.
            form.data = {**self.request.POST.dict(), "value": ""}
        if form.is_valid():
            try:
                rollout = set_shared_variable(self.plan, **form.cleaned_data, actor=self.actor)
                return self._done(rollout)
            except DomainError as error:
                show_domain_error(form, error)
        self.say_errors(form)
        return self._show(variable_form=form)

    def delete_variable(self) -> HttpResponse:
        """Remove a variable."""
        try:
            return self._done(delete_shared_variable(self.plan, self.request.POST.get("name", ""), actor=self.actor))
        except DomainError as error:
            messages.error(self.request, error.message)
            return self._back()

    def _done(self, rollout: EnvironmentRollout | None) -> HttpResponse:
        if rollout is None:
            messages.info(self.request, "Nothing changed, so nothing was published.")
        else:
            messages.success(self.request, f"Saved; it is being brought to {rollout.total} tenants.")
        return self._back()

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(_address(self.plan))

    def _show(self, **forms: Any) -> HttpResponse:
        variables = [
            {
                "name": variable.name,
                "is_secret": variable.is_secret,
                "updated_at": variable.updated_at,
                "value": "" if variable.is_secret else variable.value,
            }
            for variable in SharedVariable.objects.filter(plan=self.plan)
        ]
        edited = next((row for row in variables if row["name"] == self.request.GET.get("edit")), None)
        form = forms.get("variable_form") or VariableForm(initial=edited)
        rollouts = list(EnvironmentRollout.objects.filter(plan=self.plan)[:SHOWN_ROLLOUTS])
        plans = {plan for table in (Tenant, SharedVariable) for plan in table.objects.values_list("plan", flat=True)}
        return self.page(
            "Shared environment",
            plan=self.plan,
            tabs=[
                {"title": plan or "Every tenant", "address": _address(plan), "active": plan == self.plan}
                for plan in sorted({"", self.plan, *plans})
            ],
            variables=variables,
            edited=edited,
            cancel_address=_address(self.plan),
            variable_form=dressed(form),
            plan_form=dressed(PlanForm()),
            rollouts=rollouts,
            under_way=any(rollout.finished_at is None for rollout in rollouts),
            may_change=self.model_admin.has_change_permission(self.request),
        )


def _address(plan: str) -> str:
    address = reverse("admin:registry_sharedvariable_changelist")
    return f"{address}?{urlencode({'plan': plan})}" if plan else address
