"""How much a tenant is used: what its own people see, for operators."""

from typing import Any

from controlplane.operators.pages.tenant_page import TenantPage
from tenants.portal.storage import read_storage
from tenants.portal.usage import charts, chosen_days, figures, periods, table
from tenants.usage.charts import as_count
from tenants.usage.reading import report_use

__all__ = ["UsagePage"]


class UsagePage(TenantPage):
    """Figures of a period that ends today, as plots and as a table."""

    tab = "usage"
    title = "Usage"
    template_name = "operators/tenant_usage.html"

    def read(self) -> dict[str, Any]:
        """Return the figures of the chosen period."""
        days = chosen_days(self.request.GET.get("days", ""))
        report = report_use(self.tenant, days=days)
        return {
            "days": days,
            "periods": periods(),
            "report": report,
            "figures": figures(report, read_storage(self.tenant)),
            "charts": charts(report),
            "models": [(model, as_count(tokens)) for model, tokens in report.models],
            "table": table(report),
        }
