"""What a runtime says of itself in the database: there while it runs, honest about what it serves, gone with it."""

import psycopg
import pytest

from runtime.heartbeat import GRACE_SECONDS
from tests.runtime.shells import make_config, running_shell
from tests.runtime.waiting import until as until_within


async def until(condition):
    return await until_within(condition, within=30)


def rows_of(registry, condition="true", *values):
    return registry.connection.execute(
        f"SELECT open_chats, listening, serving, behind, heard_revision, heard_after_ms, loaded_tenants"
        f" FROM fleet_runtimeprocess WHERE {condition}",
        values,
    ).fetchall()


def row_of(registry, shell):
    [row] = rows_of(registry, "id = %s", shell.application._heartbeat._id)
    return row


async def test_a_runtime_tells_of_itself_and_takes_it_back_when_it_stops(registry, database_url):
    async with running_shell(make_config(database_url)) as shell:
        heartbeat = shell.application._heartbeat
        await until(lambda: rows_of(registry, "id = %s", heartbeat._id))
        shell.host.open_transports = 7
        acme = registry.add("acme")
        await shell.get(acme.hosts[0])
        registry.publish(acme)
        await until(lambda: shell.application._listener.last_heard == (acme.id, 2))
        assert await heartbeat.beat()
        chats, listening, serving, behind, revision, after_ms, tenants = row_of(registry, shell)
        assert (chats, listening, serving, behind, revision, tenants) == (7, True, True, 0, 2, 1)
        assert after_ms >= 0
        shell.application.withdraw()
        assert await heartbeat.beat()
        assert row_of(registry, shell)[2] is False
    assert rows_of(registry, "id = %s", heartbeat._id) == []


async def test_a_revision_that_is_not_served_is_counted_until_it_is(registry, shell):
    acme, globex = registry.add("acme"), registry.add("globex")
    for tenant in (acme, globex):
        await shell.get(tenant.hosts[0])
    heartbeat = shell.application._heartbeat
    assert await heartbeat.beat()
    registry.publish(acme, document='{"nothing": "that can be read"}')
    # Older than what may still be on its way.
    registry.connection.execute(
        "UPDATE registry_publication SET created_at = now() - make_interval(secs => %s) WHERE tenant_id = %s",
        (GRACE_SECONDS + 60, acme.id),
    )
    assert await heartbeat.beat()
    assert row_of(registry, shell)[3] == 1

    registry.publish(acme, name="Acme again")
    await until(lambda: shell.application._cache.by_tenant(acme.id).revision == 3)
    assert await heartbeat.beat()
    assert row_of(registry, shell)[3] == 0


async def test_who_is_silent_for_long_is_removed_by_the_others(registry, shell):
    await until(lambda: rows_of(registry, "id = %s", shell.application._heartbeat._id))
    registry.connection.execute(
        "INSERT INTO fleet_runtimeprocess SELECT gen_random_uuid(), 'silent', version, chainlit_version, started_at,"
        " now() - interval '2 hours', 0, 0, true, true, NULL, 0, NULL, NULL, NULL, NULL FROM fleet_runtimeprocess"
        " WHERE id = %s",
        (shell.application._heartbeat._id,),
    )
    assert rows_of(registry, "name = 'silent'")
    assert await shell.application._heartbeat.beat()
    assert rows_of(registry, "name = 'silent'") == []


async def test_a_database_that_takes_no_row_is_survived_and_told_once(registry, shell):
    heartbeat = shell.application._heartbeat
    await until(lambda: rows_of(registry, "id = %s", heartbeat._id))
    lock = psycopg.connect(registry.database_url)
    lock.execute("LOCK TABLE fleet_runtimeprocess IN ACCESS EXCLUSIVE MODE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runtime.heartbeat.ANSWER_SECONDS", 0.2)
        assert not await heartbeat.beat()
    lock.close()
    await until(heartbeat.beat)
