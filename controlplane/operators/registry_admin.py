"""What the registry keeps and nobody edits: publications, provisionings and the audit log."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter

from controlplane.operators.model_admin import OwnPagesModelAdmin, ReadOnlyModelAdmin, column, short_time
from controlplane.operators.pages.audit import AuditLogPage
from controlplane.operators.pages.progress import ProgressPage
from controlplane.operators.pages.shared_environment import SharedEnvironmentPage
from tenants.registry.differences import document_changes, document_entries
from tenants.registry.models import AuditEntry, Provisioning, Publication, SharedVariable

__all__ = ["AuditEntryAdmin", "ProvisioningAdmin", "PublicationAdmin", "SharedVariableAdmin"]


@admin.register(Publication)
class PublicationAdmin(ReadOnlyModelAdmin):
    """Every publication of every tenant, with what it changed; the stored document itself is never shown."""

    hidden_fields: ClassVar = ("document",)
    list_display = ("tenant", "revision", "created", "actor", "note")
    list_display_links = ("tenant", "revision")
    list_filter = (("created_at", RangeDateTimeFilter), ("tenant__status", ChoicesCheckboxFilter))
    list_filter_submit = True
    list_select_related = ("tenant",)
    search_fields = ("tenant__name", "tenant__slug", "actor", "note")
    search_help_text = "Search by tenant, person or note"
    ordering = ("-created_at",)
    fields = ("tenant", "revision", "created_at", "actor", "note", "checksum", "changes", "values")
    readonly_fields = fields

    @column("Created", ordering="created_at")
    def created(self, publication: Publication) -> str:
        """Return when it was published."""
        return short_time(publication.created_at)

    @column("Changes")
    def changes(self, publication: Publication) -> SafeString:
        """Return what differs from the revision before."""
        before = Publication.objects.filter(tenant=publication.tenant_id, revision=publication.revision - 1).first()
        changes = document_changes(before.document if before else None, publication.document)
        return render_to_string("operators/changes.html", {"changes": changes, "first": before is None})

    @column("All values")
    def values(self, publication: Publication) -> SafeString:
        """Return the whole document in readable form."""
        return render_to_string("operators/entries.html", {"entries": document_entries(publication.document)})


@admin.register(Provisioning)
class ProvisioningAdmin(ReadOnlyModelAdmin, OwnPagesModelAdmin):
    """Requests for tenants; each one's page shows how far it is."""

    hidden_fields: ClassVar = ("owner_password",)
    list_display = ("shown_name", "shown_state", "domain", "app", "plan", "requested_by", "created", "reason")
    list_filter = (("state", ChoicesCheckboxFilter), ("created_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("name", "slug", "domain", "owner_email")
    search_help_text = "Search by name, short name, domain or owner"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may create a tenant may see how far it is."""
        return bool(super().has_view_permission(request, obj)) or request.user.has_perm("registry.add_tenant")

    def get_urls(self) -> list[URLPattern]:
        """Put the progress page in the place of Django's form."""
        progress = path(
            "<uuid:provisioning_id>/change/",
            self.admin_site.admin_view(ProgressPage.as_view()),
            {"model_admin": self},
            name="registry_provisioning_change",
        )
        return [progress, *super().get_urls()]

    @column("Created", ordering="created_at")
    def created(self, provisioning: Provisioning) -> str:
        """Return when it was asked for."""
        return short_time(provisioning.created_at)

    @column("Tenant", header=True, ordering="name")
    def shown_name(self, provisioning: Provisioning) -> tuple[str, str]:
        """Return the name over the short name."""
        return provisioning.name, provisioning.slug

    @column(
        "State",
        ordering="state",
        label={
            "Live": "success", "Failed": "danger", "Requested": "info", "Schema created": "info", "Seeded": "info"
        },
    )  # fmt: skip
    def shown_state(self, provisioning: Provisioning) -> str:
        """Return the state as a badge."""
        return provisioning.get_state_display()


@admin.register(SharedVariable)
class SharedVariableAdmin(OwnPagesModelAdmin):
    """What tenants share of their environment: one page of ours, and none of Django's, which would show values."""

    hidden_fields: ClassVar = ("value",)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Variables are added on the page itself, by whoever may change them."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """As ``has_add_permission``: the page calls the service, which audits and publishes."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Put our page in the place of the list."""
        page: URLPattern = path(
            "",
            self.admin_site.admin_view(SharedEnvironmentPage.as_view()),
            {"model_admin": self},
            name="registry_sharedvariable_changelist",
        )
        return [page, *super().get_urls()]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """Who changed what, when; across all tenants, and longer than any of them."""

    fields = (
        "at", "shown_tenant", "actor", "actor_kind", "action", "target", "address", "method", "shown_changes"
    )  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """Put our page in the place of the list, which counts rows and searches without an index."""
        page: URLPattern = path(
            "",
            self.admin_site.admin_view(AuditLogPage.as_view()),
            {"model_admin": self},
            name="registry_auditentry_changelist",
        )
        return [page, *super().get_urls()]

    @column("Tenant", ordering="tenant_slug")
    def shown_tenant(self, entry: AuditEntry) -> str:
        """Return the tenant's short name, as a link as long as it has an id."""
        if entry.tenant_id is None:
            return entry.tenant_slug or "-"
        address = reverse("admin:registry_tenant_change", args=[entry.tenant_id])
        return format_html('<a class="text-link" href="{}">{}</a>', address, entry.tenant_slug)

    @column("Changes")
    def shown_changes(self, entry: AuditEntry) -> SafeString:
        """Return each change with its values before and after."""
        return render_to_string(
            "operators/audit_changes.html", {"changes": [_change(*item) for item in entry.changes.items()]}
        )


def _change(name: str, value: Any) -> dict[str, Any]:
    """Return a change for the template; values that are no pair stand alone."""
    title = name.replace("_", " ").capitalize()
    if isinstance(value, list) and len(value) == 2:
        return {"name": title, "before": value[0], "after": value[1], "pair": True}
    return {"name": title, "after": value, "pair": False}
