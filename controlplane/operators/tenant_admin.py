"""The fleet: the list of tenants, and the way from there to everything about one of them."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, CheckboxFilter, ChoicesCheckboxFilter

from controlplane.operators.addresses import chat_address, primary_domain, settings_address
from controlplane.operators.model_admin import OwnPagesModelAdmin, column, row_action, short_date
from controlplane.operators.pages.access import AccessPage
from controlplane.operators.pages.app_settings import AppSettingsPage
from controlplane.operators.pages.branding import BrandingPage
from controlplane.operators.pages.create_tenant import CreateTenantPage
from controlplane.operators.pages.environment import EnvironmentPage
from controlplane.operators.pages.features import FeaturesPage
from controlplane.operators.pages.files import FilesPage
from controlplane.operators.pages.flags import FlagsPage
from controlplane.operators.pages.members import MembersPage
from controlplane.operators.pages.overview import OverviewPage
from controlplane.operators.pages.proxies import ProxiesPage
from controlplane.operators.pages.publications import PublicationsPage
from controlplane.operators.pages.status import ResumePage, SuspendPage, status_address
from controlplane.operators.pages.storage import StoragePage
from controlplane.operators.pages.usage import UsagePage
from tenants.registry.models import Tenant
from tenants.usage.charts import as_count, draw_spark
from tenants.usage.reading import messages_of_tenants

__all__ = ["TenantAdmin"]

SPARK_DAYS = 14
TENANT_PAGES: tuple[type[View], ...] = (
    OverviewPage, BrandingPage, FilesPage, FeaturesPage, FlagsPage, AppSettingsPage, AccessPage, EnvironmentPage,
    MembersPage, UsagePage, PublicationsPage,
)  # fmt: skip


class PlanFilter(CheckboxFilter):  # type: ignore[misc]  # django-unfold ships no type information
    """The plans there are, and tenants without one."""

    title = "plan"
    parameter_name = "plan"
    without = "-"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the plans by name."""
        plans = Tenant.objects.order_by("plan").values_list("plan", flat=True).distinct()
        return [(plan or self.without, plan or "No plan") for plan in plans]

    def queryset(self, _request: HttpRequest, tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
        """Return the tenants of the chosen plans, all when none is chosen."""
        chosen = self.value()
        return tenants.filter(plan__in=["" if plan == self.without else plan for plan in chosen]) if chosen else tenants


@admin.register(Tenant)
class TenantAdmin(OwnPagesModelAdmin):
    """Tenants are looked at and led to here; every change is a service's, and no row is ever deleted here."""

    list_display = (
        "shown_name",
        "shown_status",
        "plan",
        "app",
        "shown_domains",
        "messages",
        "revision",
        "created",
        "links",
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("app", AllValuesCheckboxFilter),
        PlanFilter,
    )
    list_filter_submit = True
    list_select_related = ("live_publication",)
    search_fields = ("name", "slug", "domains__domain")
    search_help_text = "Search by name, short name or domain"
    ordering = ("name",)
    actions = ("suspend_selected", "resume_selected")
    actions_row = ("suspend_row", "resume_row")

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Nobody deletes a tenant here: its schema, files and history would be left behind."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Read the domains of all rows at once."""
        tenants: QuerySet[Tenant] = super().get_queryset(request)
        return tenants.prefetch_related("domains")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the messages of all tenants of the page at once."""
        changelist = super().get_changelist_instance(request)
        shown = list(changelist.result_list)
        messages = messages_of_tenants([tenant.pk for tenant in shown], days=SPARK_DAYS)
        for tenant in shown:
            tenant.latest_messages = messages.get(tenant.pk, [])
        changelist.result_list = shown
        return changelist

    def get_urls(self) -> list[URLPattern]:
        """Put the pages of a tenant before Django's own, whose change form is never used."""

        def page(route: str, view: type[View], name: str) -> URLPattern:
            guarded = self.admin_site.admin_view(view.as_view())
            pattern: URLPattern = path(route, guarded, {"model_admin": self}, name=f"registry_tenant_{name}")
            return pattern

        tabs = [
            page(f"<uuid:tenant_id>/{tab.tab}/", tab, tab.tab)  # type: ignore[attr-defined]  # all are tenant pages
            for tab in TENANT_PAGES
        ]
        status = [page("suspend/", SuspendPage, "suspend"), page("resume/", ResumePage, "resume")]
        storage = page("storage/", StoragePage, "storage")
        proxies = page("<uuid:tenant_id>/access/proxies/", ProxiesPage, "proxies")
        return [page("add/", CreateTenantPage, "add"), storage, *status, proxies, *tabs, *super().get_urls()]

    @column("Name", header=True, ordering="name")
    def shown_name(self, tenant: Tenant) -> tuple[str, str]:
        """Return the name over the short name."""
        return tenant.name, tenant.slug

    @column(
        "Status",
        ordering="status",
        label={"Active": "success", "Suspended": "warning", "Archived": "default", "Being created": "info"},
    )
    def shown_status(self, tenant: Tenant) -> str:
        """Return the status as a badge."""
        return tenant.get_status_display() if tenant.live_publication_id else "Being created"

    @column("Domains")
    def shown_domains(self, tenant: Tenant) -> str:
        """Return the primary domain and how many there are beside it."""
        others = len(tenant.domains.all()) - 1
        if others < 1:
            return primary_domain(tenant)
        return format_html('{} <span class="operators-muted">+{}</span>', primary_domain(tenant), others)

    @column(f"Messages, {SPARK_DAYS} days")
    def messages(self, tenant: Any) -> str | SafeString:
        """Return a small plot of the last days with their sum, or nothing where nothing was said."""
        numbers: list[int] = tenant.latest_messages
        if not any(numbers):
            return format_html('<span class="operators-muted">{}</span>', "none")
        spark = draw_spark(numbers, f"Messages by day, the last {SPARK_DAYS}: {', '.join(map(as_count, numbers))}")
        drawn = render_to_string("usage/spark.html", {"spark": spark})
        return format_html('<span class="operators-spark"><span>{}</span>{}</span>', as_count(sum(numbers)), drawn)

    @column("Revision")
    def revision(self, tenant: Tenant) -> int | None:
        """Return the number of the live revision."""
        return tenant.live_publication.revision if tenant.live_publication else None

    @column("Created", ordering="created_at")
    def created(self, tenant: Tenant) -> str:
        """Return the day on which the tenant was made."""
        return short_date(tenant.created_at)

    @column("Open")
    def links(self, tenant: Tenant) -> str:
        """Return links to the tenant's chat and to its own settings page."""
        domain = primary_domain(tenant)
        return format_html(
            '<span class="operators-links"><a class="text-link" href="{}" target="_blank" rel="noopener">Chat</a>'
            '<a class="text-link" href="{}" target="_blank" rel="noopener">Settings</a></span>',
            chat_address(domain),
            settings_address(domain),
        )

    @admin.action(description="Suspend", permissions=["change"])
    def suspend_selected(self, _request: HttpRequest, tenants: QuerySet[Tenant]) -> HttpResponse:
        """Ask whether to suspend the chosen tenants."""
        return HttpResponseRedirect(status_address("suspend", [tenant.pk for tenant in tenants]))

    @admin.action(description="Resume", permissions=["change"])
    def resume_selected(self, _request: HttpRequest, tenants: QuerySet[Tenant]) -> HttpResponse:
        """Ask whether to resume the chosen tenants."""
        return HttpResponseRedirect(status_address("resume", [tenant.pk for tenant in tenants]))

    @row_action("Suspend", icon="pause_circle")
    def suspend_row(self, _request: HttpRequest, object_id: Any) -> HttpResponseBase:
        """Ask whether to suspend this tenant."""
        return HttpResponseRedirect(status_address("suspend", [object_id]))

    @row_action("Resume", icon="play_circle")
    def resume_row(self, _request: HttpRequest, object_id: Any) -> HttpResponseBase:
        """Ask whether to resume this tenant."""
        return HttpResponseRedirect(status_address("resume", [object_id]))
