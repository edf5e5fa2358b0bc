"""The running fleet in the admin: one page of ours in the place of a list of rows."""

from django.contrib import admin
from django.urls import URLPattern, path

from controlplane.operators.model_admin import OwnPagesModelAdmin, ReadOnlyModelAdmin
from controlplane.operators.pages.system import SystemPage
from tenants.fleet.models import RuntimeProcess

__all__ = ["RuntimeProcessAdmin"]


@admin.register(RuntimeProcess)
class RuntimeProcessAdmin(ReadOnlyModelAdmin, OwnPagesModelAdmin):
    """Runtimes write their rows themselves; whoever may view them sees the page *System*."""

    def get_urls(self) -> list[URLPattern]:
        """Put our page in the place of the list."""
        page: URLPattern = path(
            "",
            self.admin_site.admin_view(SystemPage.as_view()),
            {"model_admin": self},
            name="fleet_runtimeprocess_changelist",
        )
        return [page, *super().get_urls()]
