"""What every source of states keeps, whatever is behind it: Postgres, HTTP with and without a stream, files."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import structlog

from runtime.state.source import SourceUnavailableError, StateUnreadableError
from tenants.contract.state import AssetRole, TenantStatus, UploadedTheme, decode_state
from tests.runtime.chainlit_host.pages.assets_under_test import asset, font, rendition
from tests.runtime.state.parts import parts_around
from tests.runtime.state.stores import FileStore, HttpStore, PostgresStore, renamed
from tests.runtime.waiting import until

WITHIN = 15.0


@pytest.fixture(params=["postgres", "http", "http polled", "files"])
def closed_store(request, tmp_path):
    match request.param:
        case "postgres":
            return PostgresStore(request.getfixturevalue("database_url"))
        case "files":
            return FileStore(tmp_path)
        case _:
            return HttpStore(streams=request.param == "http")


@pytest.fixture
async def store(closed_store):
    async with closed_store.open():
        yield closed_store


@asynccontextmanager
async def loaded(store, *states, **options):
    """Run the parts and load these tenants; yields the parts and a handle for each."""
    async with parts_around(store.source, **options) as parts:
        yield parts, *[await parts.resolver.resolve(state.hosts[0]) for state in states]


def name_of(handle):
    return handle.state.branding.display_name


async def test_a_host_leads_to_the_document_of_its_tenant(store):
    acme, globex = await store.add("acme", environment={"CITY": "Fürth"}), await store.add("globex")
    for state in (acme, globex):
        stored = await store.source.fetch_by_host(state.hosts[0])
        assert decode_state(stored.document) == state
        assert stored.tenant_id == state.id
        assert await store.source.fetch_revision_by_host(state.hosts[0]) == (state.id, stored.revision)


async def test_files_and_theme_of_a_tenant_come_as_they_are_described_and_stay_its_own(store):
    theme = UploadedTheme(light={"--radius": "1rem"}, dark={"--ring": "1 2% 3%"})
    assets = (
        asset(AssetRole.LOGO_LIGHT, width=800, height=200, srcset=(rendition(400, "webp", 10),), alt="A “hammer”"),
        asset(AssetRole.AVATAR, name="my_assistant"),
        asset(AssetRole.PUBLIC_FILE, "jsx", name="elements/Card.jsx"),
        font("bold", "100 900"),
    )
    acme, globex = await store.add("acme", assets=assets, theme=theme), await store.add("globex")

    ours, theirs = [decode_state((await store.source.fetch_by_host(each.hosts[0])).document) for each in (acme, globex)]

    assert (ours.assets, ours.theme) == (assets, theme)
    assert (theirs.assets, theirs.theme) == ((), UploadedTheme())


async def test_a_host_that_nobody_has_leads_nowhere(store):
    acme = await store.add("acme")
    for host in ("nobody.localhost", f"www.{acme.hosts[0]}", "localhost"):
        assert await store.source.fetch_by_host(host) is None
        assert await store.source.fetch_revision_by_host(host) is None


async def test_a_revision_grows_with_each_change_and_only_then(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    revisions = [await store.source.fetch_revisions([acme.id, globex.id])]
    for name in ("Acme Rockets", "Acme Anvils"):
        await store.save(acme, **renamed(name))
        revisions.append(await store.source.fetch_revisions([acme.id, globex.id]))
    assert revisions[0][acme.id] < revisions[1][acme.id] < revisions[2][acme.id]
    assert len({revision[globex.id] for revision in revisions}) == 1


async def test_many_tenants_are_read_at_once_and_those_that_are_gone_left_out(store):
    states = [await store.add(f"number{number}") for number in range(60)]
    await store.remove(states[7])
    wanted = [state.id for state in states]
    found = {stored.tenant_id: decode_state(stored.document) for stored in await store.source.fetch_by_tenants(wanted)}
    assert found == {state.id: state for state in states if state is not states[7]}
    assert set(await store.source.fetch_revisions(wanted[:9])) == set(wanted[:9]) - {states[7].id}


async def test_a_change_is_heard_by_its_tenant_alone(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex) as (_, first, second):
        revisions = first.revision, second.revision
        await store.save(acme, **renamed("Acme Rockets"))
        await until(lambda: name_of(first) == "Acme Rockets", within=WITHIN)
        assert first.revision > revisions[0]
        assert (second.revision, name_of(second)) == (revisions[1], globex.branding.display_name)


async def test_a_tenant_made_later_is_found_on_a_host_that_was_unknown(store):
    acme = await store.add("acme")
    async with loaded(store, acme) as (parts, _):
        assert await parts.resolver.resolve("late.localhost") is None
        late = await store.add("late", hosts=("late.localhost",))
        handle = await until(lambda: parts.resolver.resolve("late.localhost"), within=WITHIN)
        assert handle.state.id == late.id


async def test_a_host_that_moves_leads_to_its_new_tenant_and_never_to_both(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    moved = acme.hosts[0]
    async with loaded(store, acme, globex) as (parts, first, second):
        parts.cache.remember_header(moved.encode(), first)
        await store.move_host(moved, acme, globex)
        await until(lambda: _leads_to(parts, moved, second), within=WITHIN)
        assert parts.resolver.resolve_known(moved.encode()) is None
        assert moved not in first.state.hosts


async def test_a_suspended_tenant_says_so_and_comes_back(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex) as (_, first, second):
        for status in (TenantStatus.SUSPENDED, TenantStatus.ACTIVE):
            await store.save(acme, status=status)
            await until(lambda status=status: first.state.status is status, within=WITHIN)
        assert second.state.status is TenantStatus.ACTIVE


async def test_a_removed_tenant_is_dropped_and_its_host_leads_nowhere(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex) as (parts, _, second):
        told = []
        parts.cache.on_change.append(lambda old, new: told.append((old.id, new)))
        await store.remove(acme)
        await until(lambda: acme.id not in parts.cache, within=WITHIN)
        assert told == [(acme.id, None)]
        assert await parts.resolver.resolve(acme.hosts[0]) is None
        assert await parts.resolver.resolve(globex.hosts[0]) is second


async def test_a_document_that_cannot_be_used_leaves_its_tenant_as_it_was_until_it_is_mended(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex) as (parts, first, second):
        with structlog.testing.capture_logs() as lines:
            await store.spoil(acme)
            await until(lambda: [line for line in lines if line["log_level"] == "error"], within=WITHIN)
            await store.save(globex, **renamed("Globex goes on"))
            await until(lambda: name_of(second) == "Globex goes on", within=WITHIN)
        assert len([line for line in lines if line["log_level"] == "error"]) == 1
        assert await parts.resolver.resolve(acme.hosts[0]) is first
        assert name_of(first) == acme.branding.display_name
        await store.save(acme, **renamed("Mended"))
        await until(lambda: name_of(first) == "Mended", within=WITHIN)


async def test_a_tenant_that_never_had_a_good_document_is_told_apart_from_an_unknown_host(store):
    spoiled, globex = await store.add_spoiled("acme"), await store.add("globex")
    async with loaded(store, globex) as (parts, _):
        with pytest.raises(StateUnreadableError):
            await parts.resolver.resolve(spoiled.hosts[0])
        await store.save(spoiled)
        await until(lambda: _resolves(parts, spoiled), within=WITHIN)


async def test_while_nothing_is_heard_each_question_finds_what_is_live(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex, listen=False) as (parts, first, second):
        await store.save(acme, **renamed("Acme Rockets"))
        assert name_of(await parts.resolver.resolve(acme.hosts[0])) == "Acme Rockets"
        await store.move_host(globex.hosts[0], globex, acme)
        assert await parts.resolver.resolve(globex.hosts[0]) is first
        assert not parts.freshness.stale
        assert second.state.id == globex.id


async def test_a_source_that_goes_away_leaves_what_is_known_and_is_caught_up_with(store):
    acme, globex, unseen = [await store.add(slug) for slug in ("acme", "globex", "unseen")]
    async with loaded(store, acme, globex) as (parts, first, second):
        await store.go_away()
        await until(lambda: not parts.freshness.listening, within=WITHIN)
        assert [await parts.resolver.resolve(state.hosts[0]) for state in (acme, globex)] == [first, second]
        assert parts.freshness.stale
        with pytest.raises(SourceUnavailableError):
            await parts.resolver.resolve(unseen.hosts[0])
        await store.save(acme, **renamed("Written meanwhile"))
        await store.come_back()
        await until(lambda: name_of(first) == "Written meanwhile", within=WITHIN)
        await until(lambda: parts.freshness.listening and not parts.freshness.stale, within=WITHIN)
        assert (await parts.resolver.resolve(unseen.hosts[0])).state.id == unseen.id
        await store.save(globex, **renamed("Heard again"))
        await until(lambda: name_of(second) == "Heard again", within=WITHIN)


async def test_many_changes_that_nobody_heard_are_caught_up_with_together(store):
    states = [await store.add(f"number{number}") for number in range(40)]
    async with loaded(store, *states) as (parts, *handles):
        await store.go_away()
        await until(lambda: not parts.freshness.listening, within=WITHIN)
        for state in states[::2]:
            await store.save(state, **renamed("Written meanwhile"))
        await store.come_back()
        await until(lambda: all(name_of(handle) == "Written meanwhile" for handle in handles[::2]), within=WITHIN)
        assert [name_of(handle) for handle in handles[1::2]] == [state.branding.display_name for state in states[1::2]]


async def test_after_the_limit_nothing_unconfirmed_is_served(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex, stale_limit_seconds=0.0) as (parts, _, _):
        await store.go_away()
        await until(lambda: not parts.freshness.listening, within=WITHIN)
        for state in (acme, globex):
            with pytest.raises(SourceUnavailableError):
                await parts.resolver.resolve(state.hosts[0])
        await store.come_back()
        await until(lambda: _resolves(parts, acme), within=WITHIN)


async def test_changes_that_come_thick_and_fast_end_with_the_last_one(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    async with loaded(store, acme, globex) as (_, first, second):
        for number in range(20):
            await store.save(acme, **renamed(f"Acme {number}"))
            await store.save(globex, **renamed(f"Globex {number}"))
            await asyncio.sleep(0)
        await until(lambda: (name_of(first), name_of(second)) == ("Acme 19", "Globex 19"), within=WITHIN)


async def _leads_to(parts, host, handle):
    return await parts.resolver.resolve(host) is handle


async def _resolves(parts, state):
    try:
        handle = await parts.resolver.resolve(state.hosts[0])
    except (SourceUnavailableError, StateUnreadableError):
        return None
    return handle is not None and handle.state.id == state.id
