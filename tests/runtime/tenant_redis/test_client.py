"""What two tenants see of each other through ``tenant.redis``: nothing, in every kind of command."""

import asyncio

import pytest
from redis.exceptions import ConnectionError, ResponseError, WatchError  # noqa: A004 - redis-py's own

from runtime.tenant_redis import RedisCommandRefusedError
from tests.runtime.waiting import until


async def test_equal_keys_of_two_tenants_are_two_keys(acme, globex, server):
    await acme.set("greeting", "hello from acme")
    await globex.set(b"greeting", "hello from globex")

    assert await acme.get("greeting") == b"hello from acme"
    assert await globex.get("greeting") == b"hello from globex"
    assert len(await server.keys("ct:{*}:app:greeting")) == 2
    assert await acme.delete("greeting") == 1
    assert await globex.exists("greeting") == 1


async def test_a_tenant_that_spells_out_anothers_key_finds_its_own(acme, globex, server):
    await globex.set("secret", "globex's")
    [full_name] = await server.keys("ct:*:secret")

    assert await acme.get(full_name) is None
    await acme.set(full_name, "acme's")
    assert await globex.get("secret") == b"globex's"


async def test_looking_through_all_keys_shows_the_tenants_own_by_their_own_names(acme, globex):
    for number in range(30):
        await acme.set(f"a:{number}", number)
        await globex.set(f"g:{number}", number)

    assert sorted([key async for key in acme.scan_iter(count=5)]) == sorted(f"a:{n}".encode() for n in range(30))
    assert [key async for key in acme.scan_iter("g:*")] == []
    assert sorted(await globex.keys("g:1*")) == sorted(f"g:{n}".encode() for n in [1, *range(10, 20)])
    assert [key async for key in acme.scan_iter(match="a:7", _type="string")] == [b"a:7"]


async def test_answers_that_name_keys_name_them_as_the_app_does(acme, globex):
    await acme.rpush("queue", "job", "job 2", "job 3", "job 4")
    assert await acme.blpop(["empty", "queue"], timeout=1) in [(b"queue", b"job"), [b"queue", b"job"]]
    assert (await acme.lmpop(1, "queue", direction="LEFT"))[0] == b"queue"
    assert (await acme.blmpop(1, 1, "queue", direction="LEFT"))[0] == b"queue"
    await acme.zadd("ranks", {"ann": 1, "bob": 2, "cid": 3})
    assert (await acme.bzpopmin("ranks", timeout=1))[0] == b"ranks"
    assert (await acme.zmpop(1, ["ranks"], min=True))[0] == b"ranks"
    assert await globex.exists("queue", "ranks") == 0


async def test_streams_and_their_groups(acme, globex):
    await globex.xadd("events", {"of": "globex"})
    await acme.xgroup_create("events", "workers", id="0", mkstream=True)
    await acme.xadd("events", {"of": "acme"})

    read = await acme.xreadgroup("workers", "one", {"events": ">"})
    [(stream, entries)] = read.items() if isinstance(read, dict) else read
    assert stream == b"events"
    assert b"acme" in str(entries).encode()
    assert b"globex" not in str(entries).encode()
    assert await acme.xlen("events") == await globex.xlen("events") == 1
    read = await globex.xread({"events": "0"})
    [(stream, _)] = read.items() if isinstance(read, dict) else read
    assert stream == b"events"


async def test_a_tenant_that_waits_is_not_woken_by_another(acme, globex):
    waiting = asyncio.create_task(acme.blpop("jobs", timeout=5))
    await globex.rpush("jobs", "globex's")
    await acme.rpush("jobs", "acme's")

    assert list(await waiting) == [b"jobs", b"acme's"]
    assert await globex.lrange("jobs", 0, -1) == [b"globex's"]


@pytest.mark.parametrize("transaction", [True, False])
async def test_pipelines_are_confined_command_by_command(acme, globex, transaction):
    await globex.set("counter", 100)
    async with acme.pipeline(transaction=transaction) as pipeline:
        pipeline.set("counter", 1).incr("counter").keys("*").mget(["counter", "none"])
        answers = await pipeline.execute()

    assert answers == [True, 2, [b"counter"], [b"2", None]]
    assert await globex.get("counter") == b"100"


async def test_a_refused_command_does_not_get_into_a_pipeline(acme):
    async with acme.pipeline() as pipeline:
        with pytest.raises(RedisCommandRefusedError):
            pipeline.eval("return redis.call('KEYS', '*')", 0)
        with pytest.raises(RedisCommandRefusedError):
            await pipeline.immediate_execute_command("FLUSHALL")
        assert len(pipeline) == 0


async def test_watching_sees_the_tenants_own_changes_alone(acme, globex):
    await acme.set("balance", 1)
    async with acme.pipeline() as pipeline:
        await pipeline.watch("balance")
        assert await pipeline.get("balance") == b"1"
        await globex.set("balance", 9)
        pipeline.multi()
        pipeline.set("balance", 2)
        assert await pipeline.execute() == [True]

        await pipeline.watch("balance")
        await acme.set("balance", 3)
        pipeline.multi()
        pipeline.set("balance", 4)
        with pytest.raises(WatchError):
            await pipeline.execute()


async def test_transactions_by_a_function(acme):
    async def double(pipeline):
        value = int(await pipeline.get("n"))
        pipeline.multi()
        pipeline.set("n", value * 2)

    await acme.set("n", 21)
    await acme.transaction(double, "n")
    assert await acme.get("n") == b"42"


async def test_locks_of_two_tenants_do_not_exclude_each_other(acme, globex):
    async with acme.lock("nightly", timeout=10) as ours, globex.lock("nightly", timeout=10):
        assert not await acme.lock("nightly", timeout=10, blocking=False).acquire()
        assert await ours.extend(5)
        assert await ours.reacquire()
    assert await acme.lock("nightly", timeout=10, blocking=False).acquire()


async def test_messages_reach_the_tenants_own_subscribers_under_the_apps_names(acme, globex):
    async with acme.pubsub() as ours, globex.pubsub() as theirs:
        await ours.subscribe("news")
        await ours.psubscribe("up*")
        await theirs.subscribe("news")
        assert [(await _next(ours))["channel"] for _ in range(2)] == [b"news", b"up*"]
        assert (await _next(theirs))["channel"] == b"news"
        await globex.publish("news", "globex's")
        await acme.publish("news", "acme's")
        await acme.publish("update", "pattern's")
        heard = [await _next(ours), await _next(ours), await _next(theirs)]

    assert [(message["channel"], message["pattern"], message["data"]) for message in heard] == [
        (b"news", None, b"acme's"),
        (b"update", b"up*", b"pattern's"),
        (b"news", None, b"globex's"),
    ]


async def _next(pubsub):
    async with asyncio.timeout(5):
        while (message := await pubsub.get_message(timeout=1)) is None:
            pass
    return message


async def test_subscriptions_survive_a_broken_connection(acme, server):
    async with acme.pubsub(ignore_subscribe_messages=True) as ours:
        await ours.subscribe("news")
        await server.execute_command("CLIENT KILL", "TYPE", "pubsub")

        async def heard():
            await acme.publish("news", "after the break")
            return await ours.get_message(timeout=0.2)

        message = await until(heard, within=10)
    assert (message["channel"], message["data"]) == (b"news", b"after the break")
    assert list(ours.channels) in ([b"news"], [])


async def test_unsubscribing_is_by_the_apps_names_too(acme):
    async with acme.pubsub() as ours:
        await ours.subscribe("one", "two")
        await ours.unsubscribe("one")
        kinds = [await _next(ours) for _ in range(3)]
        assert [(kind["type"], kind["channel"]) for kind in kinds] == [
            ("subscribe", b"one"),
            ("subscribe", b"two"),
            ("unsubscribe", b"one"),
        ]
        await ours.unsubscribe()
        assert (await _next(ours))["channel"] == b"two"
        assert not ours.subscribed


async def test_a_tenant_that_holds_many_connections_leaves_the_others_theirs(acme, globex, pool):
    share = pool.max_connections // 4
    held = [asyncio.create_task(acme.blpop("never", timeout=20)) for _ in range(share)]
    await until(lambda: len(pool._in_use_connections) == share)

    with pytest.raises(ConnectionError, match="All of this tenant's connections"):
        await acme.get("key")
    assert await asyncio.gather(*(globex.set(f"key {number}", number) for number in range(share))) == [True] * share

    await globex.rpush("never", "not acme's")
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert await acme.get("key") is None


async def test_connections_come_back_from_pipelines_subscriptions_and_failures(acme, pool):
    for _ in range(pool.max_connections):
        async with acme.pipeline() as pipeline:
            await pipeline.watch("key")
            await pipeline.get("key")
        async with acme.pubsub() as subscriber:
            await subscriber.subscribe("news")
        with pytest.raises(ResponseError):
            await acme.execute_command("INCRBY", "key", "no number")
    assert not pool._in_use_connections
    assert await acme.set("key", 1)


@pytest.mark.parametrize("call", ["monitor", "client", "keyspace_notifications"])
def test_ways_around_the_prefix_are_closed(acme, call):
    with pytest.raises(RedisCommandRefusedError):
        getattr(acme, call)()


async def test_methods_of_the_client_that_take_other_ways_are_refused(acme):
    for call in (
        acme.flushdb(), acme.dbsize(), acme.config_get("*"), acme.randomkey(), acme.eval("return 1", 0),
        acme.register_script("return 1")(keys=["key"]), acme.sort("key"), acme.info(), acme.script_flush(),
    ):  # fmt: skip
        with pytest.raises(RedisCommandRefusedError):
            await call


def test_its_text_names_no_password(acme):
    assert repr(acme).startswith("<redis of ct:{")
