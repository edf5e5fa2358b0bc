"""Usage for operators: of one tenant, in the list, and of the fleet."""

from django.test import Client

from tenants.registry.models import Tenant
from tests.controlplane.operators.pages import address, body, text_of
from tests.tenants.usage.rows import use


def test_the_usage_tab_shows_the_figures_of_its_tenant_alone(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    use(acme, messages=1234, people=("ann",), models={"large model": 98765})
    use(globex, messages=555_555)

    page = body(operator_client, acme, "usage")

    for shown in ("1,234", "98,765", "large model", "Day by day"):
        assert shown in page
    assert "555,555" not in page


def test_the_usage_tab_of_an_unused_tenant_says_so(operator_client: Client, acme: Tenant) -> None:
    assert "Nothing was counted in this time." in body(operator_client, acme, "usage")


def test_the_list_shows_the_last_days_of_each_tenant_and_reads_them_at_once(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    use(acme, messages=1500)
    use(acme, days_ago=13, messages=70)
    use(acme, days_ago=14, messages=9000)

    page = text_of(operator_client.get(address("registry_tenant_changelist")))

    assert "<span>1,570</span>" in page
    assert "Messages by day, the last 14: 70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,500" in page


def test_the_dashboard_adds_all_tenants_up(operator_client: Client, acme: Tenant, globex: Tenant) -> None:
    before = _today(operator_client)
    use(acme, messages=3, people=("ann",), errors=1, models={"small": 10})
    use(globex, messages=4, people=("ann", "bob"))
    use(globex, days_ago=1, messages=99)

    after = _today(operator_client)

    assert [now - then for now, then in zip(after, before, strict=True)] == [7, 3, 1, 10]


def test_the_dashboard_shows_how_the_fleet_has_grown(operator_client: Client, acme: Tenant, globex: Tenant) -> None:
    response = operator_client.get(address("index"))
    [chart] = [chart for chart in response.context["charts"] if chart.title == "Tenants"]
    assert chart.bars[-1].text.endswith(f"Tenants: {Tenant.objects.filter(live_publication__isnull=False).count():,}")


def _today(client: Client) -> list[int]:
    """Return the numbers of today: messages, people, errors, tokens."""
    figures = client.get(address("index")).context["use"]
    return [int(number.replace(",", "")) for _, number in figures]
