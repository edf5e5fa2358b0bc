"""Conversations go when the tenant has kept them long enough, with their files, and no other tenant's with them."""

from datetime import timedelta

import pytest
from django.conf import settings

from tenants.assets.storage import MissingObjectError, private_size, put_private
from tenants.conversations.models import Element, Step, Thread
from tenants.conversations.services import retention
from tenants.conversations.services.deleting import delete_conversations
from tenants.conversations.services.retention import Expired, enforce_retention, tenants_to_visit
from tenants.conversations.tasks import enforce_all_retention
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.conftest import OWNER, entries
from tests.tenants.conversations.talking import NOON, attach, talk

DAY = timedelta(days=1)


def left(tenant) -> set[str | None]:
    with tenant_schema(tenant):
        return set(Thread.objects.values_list("name", flat=True))


def test_what_was_silent_for_longer_goes_and_the_rest_stays(acme, globex, let_read):
    let_read(acme, days=30)
    for tenant in (acme, globex):
        talk(tenant, "Hello", name="old", at=NOON - 31 * DAY)
        talk(tenant, "Hello", name="new", at=NOON - 29 * DAY)
    assert enforce_retention(acme.pk, now=NOON) == Expired(conversations=1)
    assert enforce_retention(globex.pk, now=NOON) == Expired()
    assert (left(acme), left(globex)) == ({"new"}, {"new", "old"})
    with tenant_schema(acme):
        assert Step.objects.count() == 1


def test_without_a_policy_everything_stays(acme):
    talk(acme, "Hello", name="old", at=NOON - 3000 * DAY)
    assert enforce_retention(acme.pk, now=NOON) == Expired()
    assert list(tenants_to_visit(now=NOON)) == []
    assert left(acme) == {"old"}


def test_files_go_too_and_the_batches_are_audited_in_total(acme, seaweedfs, let_read, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    let_read(acme, days=1)
    threads = [talk(acme, "Hello", at=NOON - 2 * DAY) for _ in range(3)]
    attach(acme, threads[0])
    key = f"{acme.pk}/conversations/{threads[0].pk}/note.txt"
    put_private(key, b"content")
    assert enforce_retention(acme.pk, now=NOON) == Expired(conversations=3, files=1)
    with pytest.raises(MissingObjectError):
        private_size(key)
    with tenant_schema(acme):
        assert Element.objects.count() == 0
    written = entries(acme, "conversation.expire")
    assert [entry.changes["conversations"] for entry in written] == [1, 2]
    assert sum(entry.changes["files"] for entry in written) == 1
    assert {(entry.actor, entry.target, entry.changes["days"]) for entry in written} == {("system", "", 1)}


def test_the_empty_row_of_what_was_deleted_goes_after_a_month(acme):
    thread = talk(acme, "Hello", name="deleted")
    delete_conversations(acme.pk, [thread.pk], actor=OWNER)
    with tenant_schema(acme):
        deleted_at = Thread.objects.get().deleted_at
    enforce_retention(acme.pk, now=deleted_at + 29 * DAY)
    assert len(left(acme)) == 1
    assert list(tenants_to_visit(now=deleted_at + 31 * DAY)) == [acme.pk]
    enforce_retention(acme.pk, now=deleted_at + 31 * DAY)
    assert left(acme) == set()


def test_the_schedule_asks_each_tenant_that_has_something_to_let_go(acme, globex, let_read, monkeypatch):
    let_read(acme, days=1)
    for tenant in (acme, globex):
        talk(tenant, "Hello", at=NOON - 2 * DAY)
    asked = []
    monkeypatch.setattr("tenants.conversations.tasks.enforce_tenant_retention.delay", asked.append)
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert enforce_all_retention.name in scheduled
    enforce_all_retention()
    assert asked == [str(acme.pk)]
