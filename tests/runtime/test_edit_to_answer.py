"""The whole way of an edit: a service of the control plane publishes, and the runtime answers by it."""

import asyncio

import msgspec
import psycopg
import pytest

from runtime.resources import per_tenant
from tenants.contract.state import TenantStatus
from tests.runtime.waiting import until


@pytest.fixture
def edit(committed_tenant, operator):
    """Run a service on a thread, as the control plane does: Django's connections belong to threads."""

    def call(service, *arguments, **values):
        from django.db import connection

        try:
            service(committed_tenant.pk, *arguments, **values, actor=operator)
        finally:
            connection.close()

    async def edit(service, *arguments, **values):
        await asyncio.to_thread(call, service, *arguments, **values)

    return edit


async def test_an_edit_is_in_the_next_answers_of_its_tenant_alone(shell, committed_tenant, edit):
    from tenants.workspace.services.branding import update_branding

    host = f"{committed_tenant.slug}.localhost"
    before = (await shell.get("acme.localhost")).json()
    assert await shell.name_of(host) != "Rockets"
    await edit(update_branding, values={"display_name": "Rockets"})
    await until(lambda: _is_named(shell, host, "Rockets"), within=1.0)
    after = (await shell.get("acme.localhost")).json()
    assert (after["name"], after["revision"]) == (before["name"], before["revision"])


async def test_a_suspension_is_in_the_next_answers_and_closes_sockets(shell, committed_tenant, edit):
    from tenants.registry.services.lifecycle import resume_tenant, suspend_tenant

    host = f"{committed_tenant.slug}.localhost"
    assert (await shell.get(host)).status_code == 200
    await edit(suspend_tenant)
    await until(lambda: _has_status(shell, host, 503), within=1.0)
    await until(lambda: shell.host.closed == [str(committed_tenant.pk)])
    assert (await shell.get("acme.localhost")).status_code == 200
    await edit(resume_tenant)
    await until(lambda: _has_status(shell, host, 200), within=1.0)


class Client:
    def __init__(self, tenant):
        self.key, self.closed = tenant.env.get("KEY"), False

    async def aclose(self):
        self.closed = True


async def test_a_new_key_and_a_suspension_close_what_the_old_key_opened(shell, registry):
    acme, globex = (registry.add(slug, environment={"KEY": f"{slug}'s"}) for slug in ("acme", "globex"))
    client = per_tenant(Client)
    shell.host.on_request = client
    ours, theirs = [await _client_of(shell, state) for state in (acme, globex)]

    registry.publish(msgspec.structs.replace(acme, environment={"KEY": "rotated"}))
    await until(lambda: ours.closed)
    rotated = await _client_of(shell, acme)
    registry.publish(msgspec.structs.replace(acme, status=TenantStatus.SUSPENDED))
    await until(lambda: rotated.closed)

    assert (ours.key, rotated.key) == ("acme's", "rotated")
    assert await _client_of(shell, globex) is theirs
    assert not theirs.closed


async def _client_of(shell, state):
    # A task a request, as a server has; the transport without a network runs the app in the caller's.
    await asyncio.create_task(shell.get(state.hosts[0]))
    return shell.host.seen[-1]


def test_every_question_to_the_registry_is_answered_by_an_index(database_url, django_db_setup):
    """Guard: a first request must cost the same with ten thousand tenants as with two."""
    from runtime.state.postgres import REVISION_BY_HOST, REVISIONS_BY_TENANTS, STATE_BY_HOST, STATES_BY_TENANTS

    tenant_ids = ["00000000-0000-4000-8000-000000000000"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        for query, value in (
            (STATE_BY_HOST, "acme.localhost"),
            (REVISION_BY_HOST, "acme.localhost"),
            (STATES_BY_TENANTS, tenant_ids),
            (REVISIONS_BY_TENANTS, tenant_ids),
        ):
            plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {query}", (value,)))
            assert "Seq Scan" not in plan, plan


async def _is_named(shell, host, name):
    return await shell.name_of(host) == name


async def _has_status(shell, host, status):
    return (await shell.get(host)).status_code == status
