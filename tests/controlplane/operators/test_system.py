"""The page System: what is well, what is not, and that it answers whichever part is away."""

import json
import time

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from controlplane.task_runs import QUEUE, RUNS_KEY, SENT_AT, queue_state, scheduled_runs
from tenants.fleet.schemas import LaggingSchema, schema_report
from tenants.registry.models import Tenant
from tenants.registry.tasks import remove_old_previews
from tests.controlplane.operators.pages import address, text_of
from tests.controlplane.operators.runtimes import no_runtimes, runtime


@pytest.fixture
def broker(valkey):
    """The queue's own store, left as it was."""
    with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as client:
        kept = client.lrange(QUEUE, 0, -1)
        client.delete(QUEUE, RUNS_KEY)
        yield client
        client.delete(QUEUE, RUNS_KEY)
        if kept:
            client.rpush(QUEUE, *kept)


def lagging_of(*tenants: Tenant) -> list[LaggingSchema]:
    return [one for one in schema_report(within_seconds=60).lagging if one.tenant in tenants]


def page_of(client: Client) -> str:
    return text_of(client.get(address("fleet_runtimeprocess_changelist")))


def test_runtimes_are_listed_with_what_each_serves_and_silent_ones_do_not_count(
    operator_client: Client, acme: Tenant
) -> None:
    no_runtimes()
    runtime("here:1", open_chats=3, heard_tenant=acme.pk, heard_revision=12, heard_after_ms=4.4)
    runtime("behind:2", open_chats=4, behind=2, listening=False)
    runtime("gone:3", open_chats=100, silent_seconds=90)
    runtime("long-ago:4", open_chats=1000, silent_seconds=3600)

    response = operator_client.get(address("fleet_runtimeprocess_changelist"))
    fleet, page = response.context["fleet"], text_of(response)

    assert (fleet.open_chats, fleet.behind, fleet.troubled) == (7, 2, 2)
    assert "newest heard: revision 12 of Acme, 4 ms after it was written" in page
    assert "not heard" in page
    assert "long-ago:4" not in page
    assert [one.process.name for one in fleet.runtimes] == ["behind:2", "here:1", "gone:3"]


def test_the_queue_tells_its_depth_and_what_waits_longest(operator_client: Client, broker: redis.Redis) -> None:
    for task, sent_at in (("oldest.task", time.time() - 300), ("newer.task", time.time())):
        broker.lpush(QUEUE, json.dumps({"headers": {"task": task, SENT_AT: sent_at}}))
    queue = operator_client.get(address("fleet_runtimeprocess_changelist")).context["queue"]
    assert (queue.waiting, queue.oldest_task) == (2, "oldest.task")
    assert queue.oldest_seconds >= 300


def test_scheduled_tasks_show_their_last_run_and_failures_first(operator_client: Client, broker: redis.Redis) -> None:
    failed = {"ended_at": time.time() - 60, "seconds": 2.5, "failure": "OperationalError"}
    broker.hset(RUNS_KEY, "tenants.usage.tasks.prune_old_usage", json.dumps(failed))
    runs = operator_client.get(address("fleet_runtimeprocess_changelist")).context["runs"]
    assert (runs[0].name, runs[0].failure) == ("tenants.usage.tasks.prune_old_usage", "OperationalError")
    assert {run.name for run in runs} == {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_a_schema_that_lacks_a_migration_is_named_and_the_others_are_not(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    assert lagging_of(acme, globex) == []
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{acme.schema_name}".django_migrations WHERE app = %s AND name = %s',
            ["workspace", "0002_history"],
        )
    [lagging] = lagging_of(acme, globex)
    assert (lagging.tenant, lagging.missing, lagging.readable) == (acme, ["workspace.0002_history"], True)
    assert "workspace.0002_history" in page_of(operator_client)


def test_a_schema_without_any_record_is_told_as_that(acme: Tenant, globex: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{globex.schema_name}".django_migrations RENAME TO elsewhere')
    [lagging] = lagging_of(acme, globex)
    assert (lagging.tenant, lagging.readable) == (globex, False)


def test_where_the_time_does_not_do_the_report_says_how_far_it_came(acme: Tenant, globex: Tenant) -> None:
    report = schema_report(within_seconds=5, clock=iter((0.0, 6.0)).__next__)
    assert (report.looked_at, report.is_complete) == (1, False)


def test_the_page_answers_while_everything_but_the_database_is_away(operator_client: Client, acme: Tenant) -> None:
    nowhere = {
        name: value
        for name, value in vars(settings.ENVIRONMENT).items()
        if name not in {"redis_url", "s3_endpoint_url", "runtime_url", "platform_url"}
    }
    away = type(settings.ENVIRONMENT)(
        **nowhere, redis_url="redis://127.0.0.1:1/0", s3_endpoint_url="http://127.0.0.1:1",
        runtime_url="http://127.0.0.1:1", platform_url="http://127.0.0.1:1",
    )  # fmt: skip
    with override_settings(ENVIRONMENT=away):
        response = operator_client.get(address("fleet_runtimeprocess_changelist"))
    page = text_of(response)
    states = {component.state.name: component.state.ok for component in response.context["components"]}
    assert states == {
        "database": True, "broker": False, "storage": False, "worker": False, "beat": False, "runtime": False,
        "gateway": None,
    }  # fmt: skip
    assert "The queue cannot be read while Redis or Valkey is away." in page
    assert "looked at." in page


def test_what_is_sent_waits_with_its_age_and_what_was_done_is_kept(broker: redis.Redis, acme: Tenant) -> None:
    current_app.send_task("nobody.does.this")
    queue = queue_state()
    assert (queue.waiting, queue.oldest_task) == (1, "nobody.does.this")
    assert queue.oldest_seconds is not None

    remove_old_previews.apply()
    [run] = [run for run in scheduled_runs() if run.name == remove_old_previews.name]
    assert run.ended_at is not None
    assert run.failure == ""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tenants.registry.tasks.sweep_previews", _fail)
        remove_old_previews.apply()
    [run] = [run for run in scheduled_runs() if run.name == remove_old_previews.name]
    assert run.failure == "LookupError"


def _fail(*_: object) -> None:
    raise LookupError("with an address in it")
