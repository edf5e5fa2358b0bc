"""Freshness: what is published is served, also when the line broke in between."""

from tests.runtime.state.parts import running_parts
from tests.runtime.waiting import until


async def handle_of(parts, state):
    """Load a tenant and return its handle."""
    return await parts.resolver.resolve(state.hosts[0])


def cut(registry, parts):
    """End the listening connection from the server's side."""
    pid = parts.source.lines[-1].info.backend_pid
    registry.connection.execute("SELECT pg_terminate_backend(%s)", (pid,))


async def test_a_publication_is_served_within_a_second_to_its_tenant_alone(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with running_parts(database_url) as parts:
        first, second = await handle_of(parts, acme), await handle_of(parts, globex)
        registry.rename(acme, "Acme Rockets")
        await until(lambda: first.state.branding.display_name == "Acme Rockets", within=1.0)
        assert first.revision == 2
        assert second.revision == 1
        assert parts.source.asked["by_host"] == 2


async def test_what_was_compiled_from_the_old_state_goes_with_it(database_url, registry):
    acme = registry.add("acme")
    async with running_parts(database_url) as parts:
        handle = await handle_of(parts, acme)
        assert handle.compiled("title", lambda state: state.branding.display_name) == acme.branding.display_name
        registry.rename(acme, "Acme Rockets")
        await until(lambda: handle.revision == 2)
        assert handle.compiled("title", lambda state: state.branding.display_name) == "Acme Rockets"


async def test_a_host_taken_from_a_tenant_stops_leading_to_it(database_url, registry):
    acme = registry.add("acme", hosts=("acme-first.localhost", "acme-second.localhost"))
    async with running_parts(database_url) as parts:
        handle = await parts.resolver.resolve("acme-second.localhost")
        parts.cache.remember_header(b"acme-second.localhost:8000", handle)
        registry.connection.execute("DELETE FROM registry_domain WHERE domain = 'acme-second.localhost'")
        registry.publish(acme, hosts=acme.hosts[:1])
        await until(lambda: handle.revision == 2)
        assert parts.resolver.resolve_known(b"acme-second.localhost:8000") is None
        assert await parts.resolver.resolve("acme-second.localhost") is None
        assert await parts.resolver.resolve("acme-first.localhost") is handle


async def test_a_domain_given_to_another_tenant_leads_there(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    moved = acme.hosts[0]
    async with running_parts(database_url) as parts:
        first, second = await handle_of(parts, acme), await handle_of(parts, globex)
        parts.cache.remember_header(moved.encode(), first)
        registry.move_domain(moved, acme, globex)
        await until(lambda: first.revision == second.revision == 2)
        assert parts.resolver.resolve_known(moved.encode()) is None
        assert await parts.resolver.resolve(moved) is second


async def test_a_removed_tenant_is_dropped(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with running_parts(database_url) as parts:
        await handle_of(parts, acme)
        await handle_of(parts, globex)
        told = []
        parts.cache.on_change.append(lambda old, new: told.append((old.id, new)))
        registry.remove(acme)
        await until(lambda: len(parts.cache) == 1)
        assert told == [(acme.id, None)]
        assert await handle_of(parts, acme) is None
        assert (await handle_of(parts, globex)).state.id == globex.id


async def test_notices_that_are_none_do_no_harm(database_url, registry):
    acme = registry.add("acme")
    async with running_parts(database_url) as parts:
        handle = await handle_of(parts, acme)
        for payload in ("", "nonsense", ":", "x:y", f"{acme.id}:-1", "not-a-uuid:7", f"{acme.id}:1"):
            registry.notify(payload)
        registry.rename(acme, "Acme Rockets")
        await until(lambda: handle.revision == 2)
        assert parts.freshness.listening


async def test_a_refused_document_leaves_the_tenant_as_it_was(database_url, registry):
    acme = registry.add("acme")
    async with running_parts(database_url) as parts:
        handle = await handle_of(parts, acme)
        applied = len(parts.applied)
        registry.publish(acme, document='{"id": 1}')
        await until(lambda: len(parts.applied) > applied)
        assert (handle.revision, handle.state) == (1, acme)
        registry.rename(acme, "Acme Rockets")
        await until(lambda: handle.revision == 3)


async def test_a_line_that_was_cut_comes_back_and_everything_is_checked_in_one_query(database_url, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with running_parts(database_url) as parts:
        first, second = await handle_of(parts, acme), await handle_of(parts, globex)
        parts.source.may_subscribe.clear()
        cut(registry, parts)
        await until(lambda: not parts.freshness.listening)
        assert (await handle_of(parts, globex)) is second
        assert parts.source.asked["revision_by_host"] == 1
        registry.rename(acme, "Nobody heard", notify=False)
        before = parts.source.asked["revisions"]
        parts.source.may_subscribe.set()
        await until(lambda: parts.freshness.listening)
        assert first.state.branding.display_name == "Nobody heard"
        assert second.revision == 1
        assert parts.source.asked["revisions"] == before + 1
        registry.rename(globex, "Heard again")
        await until(lambda: second.revision == 2)


async def test_open_sockets_learn_of_a_change_although_the_line_was_cut(database_url, registry):
    acme = registry.add("acme")
    async with running_parts(database_url) as parts:
        handle = await handle_of(parts, acme)
        registry.rename(acme, "Nobody heard", notify=False)
        parts.source.may_subscribe.clear()
        cut(registry, parts)
        await until(lambda: handle.revision == 2)
        assert not parts.freshness.listening


async def test_a_line_that_a_pooler_made_deaf_is_noticed(database_url, registry):
    acme = registry.add("acme")
    async with running_parts(database_url, heartbeat_seconds=0.05) as parts:
        handle = await handle_of(parts, acme)
        registry.rename(acme, "Nobody heard", notify=False)
        # What a transaction pooler does: the session's subscriptions vanish while its queries go on.
        await parts.source.lines[-1].execute("UNLISTEN *")
        await until(lambda: handle.revision == 2)
        await until(lambda: len(parts.source.lines) == 2 and parts.freshness.listening)
