"""How much the chat is used, and the same numbers as a file."""

import csv

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from tenants.contract.roles import Permission
from tenants.portal.pages import Page, permitted, show
from tenants.portal.storage import read_storage
from tenants.portal.usage import COLUMNS, charts, chosen_days, figures, periods, rows, table
from tenants.usage.charts import as_count
from tenants.usage.reading import report_use, today

__all__ = ["usage", "usage_file"]


@require_safe
@permitted(Permission.USE_SETTINGS)
def usage(page: Page) -> HttpResponse:
    """Show the figures of a period that ends today."""
    days = chosen_days(page.request.GET.get("days", ""))
    report = report_use(page.tenant, days=days)
    context = {
        "days": days,
        "periods": periods(),
        "report": report,
        "figures": figures(report, read_storage(page.tenant)),
        "charts": charts(report),
        "models": [(model, as_count(tokens)) for model, tokens in report.models],
        "table": table(report),
    }
    return show(page, "portal/usage.html", context, section="usage")


@require_safe
@permitted(Permission.USE_SETTINGS)
def usage_file(page: Page) -> HttpResponse:
    """Send the figures of a period as comma-separated values, a row a day."""
    report = report_use(page.tenant, days=chosen_days(page.request.GET.get("days", "")))
    name = f"{page.tenant.slug}-usage-{today().isoformat()}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows(rows(report))
    return response
