"""What the figures say of one tenant and of all."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.usage.reading import days_of_tenants, messages_of_tenants, report_use, today
from tests.tenants.usage.rows import use

pytestmark = pytest.mark.django_db


def test_a_report_has_every_day_and_adds_up_those_of_its_tenant_alone(acme, globex):
    use(acme, days_ago=0, messages=3, people=("ann", "bob"), errors=1, models={"large": 10, "small": 5})
    use(acme, days_ago=2, messages=4, people=("ann",), models={"large": 1})
    use(acme, days_ago=7, messages=100, people=("of long ago",), models={"old": 9})
    use(globex, messages=50, people=("ann", "cleo"), models={"large": 500})

    report = report_use(acme, days=7)

    assert [day.day for day in report.days] == [today() - timedelta(days=ago) for ago in range(6, -1, -1)]
    assert [day.messages for day in report.days] == [0, 0, 0, 0, 4, 0, 3]
    assert (report.messages, report.people, report.errors, report.tokens) == (7, 2, 1, 16)
    assert report.models == [("large", 11), ("small", 5)]
    assert not report.is_empty


def test_the_time_of_answers_is_read_over_all_days_together(acme):
    use(acme, days_ago=1, answers=[1.0] * 18)
    use(acme, days_ago=0, answers=[20.0, 20.0])

    report = report_use(acme, days=2)

    assert 0.7 < report.median_seconds < 1.5
    assert 14 < report.slow_seconds < 29
    assert report.days[0].slow_seconds < 1.5


def test_a_tenant_that_was_never_used_has_an_empty_report(acme, globex):
    use(globex, messages=1, people=("ann",))

    report = report_use(acme, days=30)

    assert report.is_empty
    assert len(report.days) == 30
    assert (report.people, report.median_seconds, report.slow_seconds) == (0, None, None)


def test_all_tenants_are_added_up_by_day_in_one_query(acme, globex):
    before = days_of_tenants(days=2)
    use(acme, messages=3, people=("ann",), errors=2)
    use(globex, messages=4, people=("ann",))
    use(globex, days_ago=1, messages=5)

    with CaptureQueriesContext(connection) as queries:
        after = days_of_tenants(days=2)

    assert _of_usage(queries) == 1
    assert [day.messages for day in after] == [before[0].messages + 5, before[1].messages + 7]
    assert (after[1].people - before[1].people, after[1].errors - before[1].errors) == (2, 2)


def test_the_messages_of_many_tenants_come_with_one_query(acme, globex):
    use(acme, messages=3)
    use(acme, days_ago=2, messages=1)
    use(acme, days_ago=3, messages=9)

    with CaptureQueriesContext(connection) as queries:
        found = messages_of_tenants([acme.pk, globex.pk], days=3)

    assert found == {acme.pk: [1, 0, 3]}
    assert _of_usage(queries) == 1


def _of_usage(queries):
    # django-tenants sets the search path by a statement of its own.
    return sum('"usage_' in query["sql"] for query in queries.captured_queries)
