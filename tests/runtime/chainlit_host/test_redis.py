"""``tenant.redis`` in a chat: each tenant's own keys, and a plain word where there is no Redis."""

import json


async def _remember(chat, value):
    return json.loads((await chat.send(f"redis {value}")).text)


async def test_what_a_tenant_keeps_another_does_not_find(runtime):
    async with runtime.chat("acme") as acme, runtime.chat("globex", cookies=runtime.sign_in("globex")) as globex:
        assert await _remember(acme, "acme's") == {"before": None, "keys": ["remembered"]}
        assert await _remember(globex, "globex's") == {"before": None, "keys": ["remembered"]}
        assert (await _remember(acme, "more"))["before"] == "acme's"


async def test_a_runtime_without_redis_says_so_and_serves(start_runtime):
    runtime, _ = start_runtime()
    async with runtime.chat("acme") as chat:
        await chat.send("redis anything")
        assert "NoRedisError: This runtime has no Redis" in runtime.log
        assert json.loads((await chat.send("name")).text) == "Acme Chat"
