"""Batches on their way into a real Postgres: added up over processes, each counted once."""

import asyncio
from datetime import date, timedelta

import pytest
from psycopg_pool import AsyncConnectionPool

from runtime.usage import UsageCounter, UsageStore, storing
from tenants.contract.usage import answer_bucket
from tests.runtime.shells import make_config, running_shell
from tests.runtime.waiting import until

DAY = date(2026, 3, 4)
NOON = ((DAY - date(1970, 1, 1)).days + 0.5) * 86_400


class Process:
    """A runtime's counter and store, whose clock the test sets."""

    def __init__(self, pool):
        self.now = NOON
        self.counter = UsageCounter("only for tests", clock=lambda: self.now)
        self.store = UsageStore(self.counter, pool)

    async def stores(self):
        assert await self.store.store()


@pytest.fixture
async def pool(database_url):
    async with AsyncConnectionPool(database_url, kwargs={"autocommit": True}, min_size=1, max_size=4) as pool:
        yield pool


def days_of(registry, tenant):
    rows = registry.connection.execute(
        "SELECT day, messages, people, errors, tokens, answers FROM usage_tenantday WHERE tenant_id = %s ORDER BY day",
        (tenant.id,),
    )
    return {row[0]: row[1:] for row in rows}


async def test_processes_add_to_the_same_day_and_a_person_counts_once(registry, pool):
    acme, globex = registry.add("acme"), registry.add("globex")
    one, two = Process(pool), Process(pool)
    for process, people in ((one, ("ann", "bob")), (two, ("ann", "cleo"))):
        for person in people:
            process.counter.count_message(acme.id, person)
        process.counter.count_answer(acme.id, 1.2)
        process.counter.count_tokens(acme.id, 30, "small")
    one.counter.count_message(globex.id, "ann")
    two.counter.count_error(globex.id)

    await asyncio.gather(one.stores(), two.stores())

    messages, people, errors, tokens, answers = days_of(registry, acme)[DAY]
    assert (messages, people, errors, tokens) == (4, 3, 0, 60)
    assert answers[answer_bucket(1.2)] == sum(answers) == 2
    assert days_of(registry, globex)[DAY][:4] == (1, 1, 1, 0)
    rows = registry.connection.execute("SELECT model, tokens FROM usage_modeltokens WHERE tenant_id = %s", (acme.id,))
    assert rows.fetchall() == [("small", 60)]


async def test_who_writes_again_counts_again_only_on_another_day(registry, pool):
    acme = registry.add("acme")
    process = Process(pool)
    for day, person in ((0, "ann"), (0, "ann"), (1, "ann"), (1, "bob"), (3, "ann")):
        process.now = NOON + day * 86_400
        process.counter.count_message(acme.id, person)
        await process.stores()

    assert {day: row[1] for day, row in days_of(registry, acme).items()} == {
        DAY: 1, DAY + timedelta(days=1): 2, DAY + timedelta(days=3): 1,
    }  # fmt: skip


async def test_a_process_that_stores_yesterday_late_counts_each_person_of_it_once(registry, pool):
    acme = registry.add("acme")
    late, prompt = Process(pool), Process(pool)
    for person in ("ann", "bob"):
        late.counter.count_message(acme.id, person)
    prompt.counter.count_message(acme.id, "bob")
    await prompt.stores()
    prompt.now += 86_400
    for person in ("ann", "bob"):
        prompt.counter.count_message(acme.id, person)
    await prompt.stores()

    await late.stores()

    assert {day: row[1] for day, row in days_of(registry, acme).items()} == {DAY: 2, DAY + timedelta(days=1): 2}


async def test_a_batch_that_was_stored_without_our_hearing_of_it_counts_once(registry, pool, monkeypatch):
    acme = registry.add("acme")
    process = Process(pool)
    process.counter.count_message(acme.id, "ann")
    # The connection breaks after the commit: the process learns nothing of it.
    with monkeypatch.context() as broken:
        broken.setattr(process.counter, "stored", _break)
        with pytest.raises(OSError, match="broke"):
            await process.store.store()
    assert days_of(registry, acme)[DAY][0] == 1

    process.counter.count_message(acme.id, "ann")
    await process.stores()
    assert days_of(registry, acme)[DAY][0] == 1
    await process.stores()
    assert days_of(registry, acme)[DAY][:2] == (2, 1)


def _break():
    raise OSError("the connection broke")


async def test_what_cannot_be_stored_waits_and_is_stored_when_the_database_is_back(registry, pool):
    acme = registry.add("acme")
    process = Process(pool)
    process.counter.count_message(acme.id, "ann")
    registry.connection.execute("ALTER TABLE usage_tenantday RENAME TO usage_away")
    try:
        assert not await process.store.store()
        process.counter.count_message(acme.id, "bob")
    finally:
        registry.connection.execute("ALTER TABLE usage_away RENAME TO usage_tenantday")

    await process.store.close()

    assert process.store.waiting == 0
    assert days_of(registry, acme)[DAY][:2] == (2, 2)


async def test_use_of_a_tenant_that_is_gone_keeps_nobody_elses_from_being_stored(registry, pool):
    gone, acme = registry.add("gone"), registry.add("acme")
    process = Process(pool)
    for tenant in (gone, acme):
        process.counter.count_message(tenant.id, "ann")
        process.counter.count_tokens(tenant.id, 5, "")
    registry.remove(gone)

    await process.stores()

    assert days_of(registry, gone) == {}
    assert days_of(registry, acme)[DAY][:2] == (1, 1)


def counted(registry, tenant):
    return sum(row[0] for row in days_of(registry, tenant).values())


async def test_a_runtime_stores_every_few_seconds(registry, database_url, monkeypatch):
    monkeypatch.setattr(storing, "PAUSE_SECONDS", 0.05)
    acme = registry.add("acme")

    async with running_shell(make_config(database_url)) as shell:
        shell.host.usage.count_message(acme.id, "ann")
        await until(lambda: counted(registry, acme) == 1)


async def test_a_runtime_that_stops_stores_what_it_has_counted(registry, database_url, monkeypatch):
    monkeypatch.setattr(storing, "PAUSE_SECONDS", 3600)
    acme = registry.add("acme")

    async with running_shell(make_config(database_url)) as shell:
        shell.host.usage.count_message(acme.id, "ann")
        assert await shell.metric("chainlit_tenants_usage_waiting") == 1
        assert counted(registry, acme) == 0
    assert counted(registry, acme) == 1
