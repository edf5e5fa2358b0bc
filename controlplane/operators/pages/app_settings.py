"""What a tenant has set of its app's own settings; it is the tenant's to change."""

from typing import Any

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.workspace.app_settings_wording import setting_lines
from tenants.workspace.services.app_settings import read_app_settings

__all__ = ["AppSettingsPage"]


class AppSettingsPage(TenantPage):
    """The settings that the app has, each with the tenant's value or the app's default; secrets are never shown."""

    tab = "app_settings"
    title = "App settings"
    template_name = "operators/tenant_app_settings.html"

    def read(self) -> dict[str, Any]:
        """Return a line for each setting, and what is set of those that the app no longer has."""
        stored = read_app_settings(self.tenant)
        if stored is None:
            return {"lines": [], "unknown": []}
        return {"lines": list(setting_lines(stored)), "unknown": stored.unknown}
