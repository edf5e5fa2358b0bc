"""Answers to hosts: from memory while publications are heard, checked while they are not, the last known otherwise."""

import asyncio

import msgspec
import pytest

from runtime.state.source import SourceUnavailableError, StateUnreadableError
from tenants.contract.state import encode_state
from tests.runtime.state.parts import running_parts
from tests.runtime.waiting import until


@pytest.fixture
async def parts(database_url):
    async with running_parts(database_url) as parts:
        yield parts


async def resolve(parts, state):
    """Return what the tenant's first host leads to."""
    return await parts.resolver.resolve(state.hosts[0])


async def test_a_known_host_costs_no_query(parts, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    for _ in range(3):
        assert (await resolve(parts, acme)).state.id == acme.id
        assert (await resolve(parts, globex)).state.id == globex.id
    assert (parts.source.asked["by_host"], parts.source.asked["revision_by_host"]) == (2, 0)
    assert (parts.resolver.hits, parts.resolver.misses) == (4, 2)


async def test_many_first_requests_of_a_host_are_one_query(parts, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    handles = await asyncio.gather(*(resolve(parts, state) for state in [acme, globex] * 50))
    assert parts.source.asked["by_host"] == 2
    assert {handle.state.id for handle in handles[::2]} == {acme.id}
    assert {handle.state.id for handle in handles[1::2]} == {globex.id}


async def test_who_leaves_while_a_host_is_looked_up_takes_nothing_from_the_others(parts, registry):
    acme = registry.add("acme")
    parts.source.gate.clear()
    first, second = (asyncio.create_task(resolve(parts, acme)) for _ in range(2))
    await until(lambda: parts.source.asked["by_host"])
    first.cancel()
    parts.source.gate.set()
    assert (await second).state.id == acme.id


async def test_two_hosts_of_a_tenant_share_one_handle(parts, registry):
    acme = registry.add("acme", hosts=("chat.acme-shared.example", "acme-shared.localhost"))
    assert await parts.resolver.resolve(acme.hosts[0]) is await parts.resolver.resolve(acme.hosts[1])


async def test_an_unknown_host_is_asked_for_once_until_something_is_published(parts, registry):
    acme = registry.add("acme")
    host = f"new-{acme.slug}.example"
    await until(lambda: parts.applied)
    for _ in range(3):
        assert await parts.resolver.resolve(host) is None
    assert parts.source.asked["by_host"] == 1
    registry.add_domain(acme, host)
    registry.publish(acme, hosts=(*acme.hosts, host))
    await until(lambda: parts.resolver.resolve(host))


async def test_a_publication_during_the_first_look_up_is_not_missed(parts, registry):
    acme = registry.add("acme")
    parts.source.gate.clear()
    looking_up = asyncio.create_task(resolve(parts, acme))
    await until(lambda: parts.source.asked["by_host"])
    heard = len(parts.applied)
    registry.rename(acme, "Acme Rockets")
    await until(lambda: len(parts.applied) > heard)
    parts.source.gate.set()
    assert (await looking_up).state.branding.display_name == "Acme Rockets"


async def test_a_host_that_becomes_known_during_its_look_up_is_found(parts, registry):
    acme = registry.add("acme")
    host = f"late-{acme.slug}.example"
    parts.source.gate.clear()
    looking_up = asyncio.create_task(parts.resolver.resolve(host))
    await until(lambda: parts.source.asked["by_host"])
    heard = len(parts.applied)
    registry.add_domain(acme, host)
    registry.publish(acme, hosts=(*acme.hosts, host))
    await until(lambda: len(parts.applied) > heard)
    parts.source.gate.set()
    assert (await looking_up).state.id == acme.id


async def test_a_document_that_cannot_be_read_is_told_apart_from_an_unknown_host(parts, registry):
    acme = registry.add("acme")
    registry.publish(acme, document='{"id": "someone else"}')
    with pytest.raises(StateUnreadableError):
        await resolve(parts, acme)


async def test_a_document_of_another_tenant_is_never_served(parts, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    stolen = encode_state(msgspec.structs.replace(globex, hosts=acme.hosts)).decode()
    registry.publish(acme, document=stolen)
    with pytest.raises(StateUnreadableError):
        await resolve(parts, acme)


async def test_while_nothing_is_heard_each_request_checks_its_tenant(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with running_parts(database_url, listen=False) as parts:
        for _ in range(3):
            assert (await resolve(parts, acme)).state.branding.display_name == acme.branding.display_name
        assert parts.source.asked["revision_by_host"] == 3
        assert parts.source.asked["by_host"] == 1
        registry.rename(acme, "Acme Rockets")
        assert (await resolve(parts, acme)).state.branding.display_name == "Acme Rockets"
        assert (await resolve(parts, globex)).state.branding.display_name == globex.branding.display_name


async def test_while_nothing_is_heard_a_withdrawn_host_stops_at_once(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with running_parts(database_url, listen=False) as parts:
        assert (await resolve(parts, acme)).state.id == acme.id
        await resolve(parts, globex)
        registry.move_domain(acme.hosts[0], acme, globex)
        assert (await resolve(parts, acme)).state.id == globex.id
        registry.remove(globex)
        assert await resolve(parts, acme) is None


async def test_while_nothing_is_heard_an_unknown_host_is_asked_for_each_time(database_url, registry):
    acme = registry.add("acme")
    host = f"quiet-{acme.slug}.example"
    async with running_parts(database_url, listen=False) as parts:
        assert await parts.resolver.resolve(host) is None
        registry.add_domain(acme, host)
        registry.publish(acme, hosts=(*acme.hosts, host), notify=False)
        assert (await parts.resolver.resolve(host)).state.id == acme.id


async def test_without_a_database_nothing_is_known():
    async with running_parts("postgresql://nobody@127.0.0.1:1/none", listen=False) as parts:
        with pytest.raises(SourceUnavailableError):
            await parts.resolver.resolve("acme.localhost")
