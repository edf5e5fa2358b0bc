"""``per_tenant``: what is built when, who is not cut off, and what closes it."""

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import runtime.resources
from runtime.resources import per_tenant, resources
from runtime.tenancy import NoTenantError, bind_tenant
from tests.runtime.tenants_in_memory import make_handle, publish
from tests.runtime.waiting import until


class Client:
    """What an app might keep: it knows whose it is and whether it was closed."""

    def __init__(self, tenant):
        self.slug = tenant.slug
        self.key = tenant.env.get("KEY")
        self.closed = False

    async def aclose(self):
        self.closed = True


class Builder:
    """An async factory that is finished when the test says so."""

    def __init__(self):
        self.built = []
        self.finish = asyncio.Event()

    async def __call__(self, tenant):
        self.built.append(tenant.slug)
        await self.finish.wait()
        return Client(tenant)


@pytest.fixture(autouse=True)
async def closer():
    """Closing on this test's loop, as in a running runtime."""
    resources.start()
    yield
    await resources.stop()


@pytest.fixture
def acme():
    return make_handle("acme", environment={"KEY": "acme's"})


@pytest.fixture
def globex():
    return make_handle("globex", environment={"KEY": "globex's"})


async def _use(client, handle):
    """Ask for a client in a task of its own, which then ends."""

    async def use():
        with bind_tenant(handle):
            return client()

    return await asyncio.create_task(use())


async def _start_using(client, handle, *, until_set):
    """Ask for a client in a task that goes on until an event."""
    got = asyncio.get_running_loop().create_future()

    async def use():
        with bind_tenant(handle):
            got.set_result(client())
            await until_set.wait()

    return asyncio.create_task(use()), await got


async def test_each_tenant_has_one_of_its_own(acme, globex):
    client = per_tenant(Client)

    ours, theirs = await _use(client, acme), await _use(client, globex)

    assert (ours.slug, ours.key) == ("acme", "acme's")
    assert (theirs.slug, theirs.key) == ("globex", "globex's")
    assert await _use(client, acme) is ours
    assert await _use(client, globex) is theirs


async def test_where_no_tenant_is_bound_there_is_none():
    with pytest.raises(NoTenantError):
        per_tenant(Client)()


async def test_many_who_ask_at_once_wait_for_one_build(acme, globex):
    build = Builder()
    client = per_tenant(build)

    async def ask(handle):
        with bind_tenant(handle):
            return await client()

    asking = [asyncio.create_task(ask(handle)) for handle in (acme, globex, acme, acme)]
    await until(lambda: len(build.built) == 2)
    build.finish.set()
    ours, theirs, *others = await asyncio.gather(*asking)

    assert sorted(build.built) == ["acme", "globex"]
    assert others == [ours, ours]
    assert (ours.slug, theirs.slug) == ("acme", "globex")


async def test_who_asked_first_may_go_away_and_the_others_still_get_it(acme):
    build = Builder()
    client = per_tenant(build)

    async def ask():
        with bind_tenant(acme):
            return await client()

    first, second = asyncio.create_task(ask()), asyncio.create_task(ask())
    await until(lambda: build.built)
    first.cancel()
    await asyncio.wait((first,))
    build.finish.set()

    assert (await second).slug == "acme"
    assert build.built == ["acme"]


async def test_threads_that_ask_at_once_get_one(acme):
    entered, finish, built = threading.Event(), threading.Event(), []

    def build(tenant):
        entered.set()
        finish.wait(10)
        built.append(tenant.slug)
        return Client(tenant)

    client = per_tenant(build)

    def ask():
        with bind_tenant(acme):
            return client()

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        await until(entered.is_set)
        finish.set()
        got = [asked.result(10) for asked in asking]

    assert built == ["acme"]
    assert len(set(map(id, got))) == 1


async def test_a_build_that_fails_is_told_to_all_who_wait_and_tried_again(acme):
    attempts = []

    async def build(tenant):
        attempts.append(tenant.slug)
        await asyncio.sleep(0)
        if len(attempts) == 1:
            raise ConnectionError("the vector store is away")
        return Client(tenant)

    client = per_tenant(build)
    with bind_tenant(acme):
        results = await asyncio.gather(client(), client(), return_exceptions=True)
        assert [str(result) for result in results] == ["the vector store is away"] * 2
        assert (await client()).slug == "acme"


async def test_a_changed_environment_rebuilds_it_and_any_other_revision_does_not(acme):
    client = per_tenant(Client)
    first = await _use(client, acme)

    publish(acme, flags={"new": True})
    assert await _use(client, acme) is first
    publish(acme, environment={"KEY": "rotated"})
    second = await _use(client, acme)

    assert (second.key, first.key) == ("rotated", "acme's")
    await until(lambda: first.closed)
    assert not second.closed


async def test_a_client_in_use_is_closed_when_its_last_user_is_done(acme):
    client, done = per_tenant(Client), asyncio.Event()
    task, old = await _start_using(client, acme, until_set=done)
    publish(acme, environment={"KEY": "rotated"})

    new = await _use(client, acme)
    assert new is not old
    await asyncio.sleep(0)
    assert not old.closed
    done.set()
    await task
    await until(lambda: old.closed)
    assert not new.closed


async def test_a_task_that_is_given_a_newer_one_gives_the_old_one_back(acme):
    client = per_tenant(Client)
    with bind_tenant(acme):
        old = client()
        publish(acme, environment={"KEY": "rotated"})
        new = client()
        await until(lambda: old.closed)
        assert not new.closed


async def test_the_tenant_longest_not_asked_for_is_let_go(acme, globex):
    client = per_tenant(Client, size=2)
    oldest = await _use(client, acme)
    other = await _use(client, globex)
    assert await _use(client, acme) is oldest

    await _use(client, make_handle("initech"))

    await until(lambda: other.closed)
    assert not oldest.closed
    assert len(client) == 2


async def test_one_that_is_let_go_while_it_is_built_is_given_out_and_then_closed(acme):
    build = Builder()
    client = per_tenant(build)

    async def ask():
        with bind_tenant(acme):
            got = await client()
            assert not got.closed
            return got

    asking = asyncio.create_task(ask())
    await until(lambda: build.built)
    resources.forget(acme.state.id)
    build.finish.set()
    got = await asking
    await until(lambda: got.closed)


async def test_a_thread_keeps_what_it_was_given_for_a_while(acme, monkeypatch):
    client = per_tenant(Client)
    with bind_tenant(acme):
        got = await asyncio.to_thread(client)
    resources.forget(acme.state.id)
    await asyncio.sleep(0)
    assert not got.closed

    monkeypatch.setattr(runtime.resources, "THREAD_GRACE_SECONDS", 0.05)
    with bind_tenant(acme):
        got = await asyncio.to_thread(client)
    resources.forget(acme.state.id)
    await until(lambda: got.closed)


async def test_the_end_of_the_process_closes_everything_and_waits_for_it(acme, globex):
    client = per_tenant(Client)
    task, used = await _start_using(client, acme, until_set=asyncio.Event())
    unused = await _use(client, globex)

    await resources.stop()

    assert used.closed
    assert unused.closed
    task.cancel()


async def test_forgetting_one_tenant_leaves_the_other_alone(acme, globex):
    client = per_tenant(Client)
    ours, theirs = await _use(client, acme), await _use(client, globex)

    resources.forget(acme.state.id)

    await until(lambda: ours.closed)
    assert not theirs.closed
    assert await _use(client, globex) is theirs


class Closing:
    """Something with the given ways to be closed."""

    def __init__(self, **ways):
        self.closed_by = []
        for name, is_async in ways.items():
            setattr(self, name, functools.partial(self._leave if is_async else self.closed_by.append, name))

    async def _leave(self, name, *_):
        self.closed_by.append(name)


@pytest.mark.parametrize(
    ("ways", "used"),
    [
        ({"aclose": True, "close": False}, ["aclose"]),
        ({"close": False}, ["close"]),
        ({"close": True, "__aexit__": True}, ["close"]),
        ({"__aexit__": True}, ["__aexit__"]),
        ({}, []),
    ],
)
async def test_it_is_closed_the_way_it_has(acme, ways, used):
    client = per_tenant(lambda tenant: Closing(**ways))
    got = await _use(client, acme)
    await resources.stop()
    assert got.closed_by == used


async def test_it_is_closed_as_the_app_says(acme):
    closed = []

    async def hang_up(client):
        closed.append(client.slug)

    client = per_tenant(Client, close=hang_up)
    got = await _use(client, acme)
    await resources.stop()

    assert closed == ["acme"]
    assert not got.closed


async def test_one_that_cannot_be_closed_does_not_keep_the_others_open(acme, globex):
    async def close(client):
        if client.slug == "acme":
            raise ConnectionError("already gone")
        client.closed = True

    client = per_tenant(Client, close=close)
    await _use(client, acme)
    theirs = await _use(client, globex)
    await resources.stop()

    assert theirs.closed


async def test_a_factory_that_hides_a_coroutine_is_refused(acme):
    async def connect(tenant):
        return Client(tenant)

    def hide(tenant):
        return connect(tenant)

    with bind_tenant(acme), pytest.raises(TypeError, match="async def"):
        per_tenant(hide)()


async def test_a_factory_that_asks_for_what_it_makes_is_refused(acme):
    client = per_tenant(lambda tenant: client())
    with bind_tenant(acme), pytest.raises(RuntimeError, match="just making"):
        client()


def test_it_works_where_no_loop_runs(acme, globex, monkeypatch):
    monkeypatch.setattr(runtime.resources, "THREAD_GRACE_SECONDS", 0)
    client = per_tenant(Client, size=1)
    with bind_tenant(acme):
        ours = client()
    with bind_tenant(globex):
        theirs = client()

    assert (ours.slug, theirs.slug) == ("acme", "globex")
    assert ours.closed
    assert not theirs.closed
