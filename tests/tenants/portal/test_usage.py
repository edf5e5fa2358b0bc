"""The Usage page, its file, and the glance on the overview."""

import csv
import io
from dataclasses import replace

import pytest

from tenants.usage.reading import today
from tests.tenants.portal.conftest import browser, sign_in
from tests.tenants.usage.rows import use

pytestmark = pytest.mark.django_db


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_an_owner_sees_the_figures_of_their_tenant_alone(acme, globex, owner_of_acme):
    use(acme, messages=1234, people=("ann", "bob"), errors=7, answers=[1.0], models={"large model": 98765})
    use(globex, messages=555555, people=("cleo",), models={"of globex": 1})

    page = text_of(owner_of_acme.get("/settings/usage/"))

    for shown in ("1,234", "98,765", "large model", "Time until an answer is done", "Day by day"):
        assert shown in page
    assert "555555" not in page.replace(",", "")
    assert "of globex" not in page


def test_the_period_is_chosen_by_the_address_and_nonsense_is_the_usual_one(acme, owner_of_acme):
    use(acme, days_ago=6, messages=10)
    use(acme, days_ago=7, messages=200)
    use(acme, days_ago=29, messages=3000)
    use(acme, days_ago=30, messages=40_000)

    def messages(query):
        response = owner_of_acme.get(f"/settings/usage/{query}")
        return response.context["report"].messages

    assert (messages("?days=7"), messages("?days=90")) == (10, 43_210)
    assert {messages(query) for query in ("", "?days=", "?days=30", "?days=31", "?days=-1", "?days=x")} == {3210}


def test_no_period_goes_further_back_than_figures_are_kept(acme, owner_of_acme, settings):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, usage_days=60)
    page = text_of(owner_of_acme.get("/settings/usage/?days=365"))
    assert 'href="?days=90"' not in page
    assert 'href="?days=30" aria-current="true"' in page


def test_the_file_has_a_row_for_each_day_with_plain_numbers(acme, globex, owner_of_acme):
    use(acme, days_ago=1, messages=1234, people=("ann",), answers=[1.0], storage_bytes=5000)
    use(globex, messages=99)

    response = owner_of_acme.get("/settings/usage/file/?days=7")

    name = f"acme-usage-{today().isoformat()}.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(text_of(response))))
    assert len(rows) == 7
    assert rows[-1]["day"] == today().isoformat()
    assert (rows[-2]["messages"], rows[-2]["people"], rows[-2]["storage_bytes"]) == ("1234", "1", "5000")
    assert 0.7 < float(rows[-2]["median_answer_seconds"]) < 1.5
    assert {row["messages"] for row in rows} == {"0", "1234"}
    assert (rows[-1]["median_answer_seconds"], rows[-1]["storage_bytes"]) == ("", "")


def test_a_tenant_that_was_never_used_is_told_what_will_be_here(owner_of_acme):
    page = text_of(owner_of_acme.get("/settings/usage/"))
    assert "Nothing was counted in this time" in page
    assert 'class="plot"' not in page


def test_members_without_settings_see_no_usage(acme, member):
    member(acme, role="member", email="plain@acme.example")
    client = browser(acme)
    sign_in(client, "plain@acme.example")
    for address in ("/settings/usage/", "/settings/usage/file/"):
        assert client.get(address).status_code == 403


def test_the_overview_shows_the_last_week_at_a_glance(acme, globex, owner_of_acme):
    use(acme, messages=41, people=("ann",))
    use(acme, days_ago=6, messages=1, people=("ann",), errors=2)
    use(acme, days_ago=7, messages=500, people=("of long ago",))
    use(globex, messages=7777)

    page = " ".join(text_of(owner_of_acme.get("/settings/")).split())

    assert '<p class="figure">42</p>' in page
    assert "messages in 7 days, by one person, 2 errors" in page
    assert "Messages on each of the last 7 days: 1, 0, 0, 0, 0, 0, 41" in page
