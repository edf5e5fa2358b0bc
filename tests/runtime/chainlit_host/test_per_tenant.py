"""``per_tenant`` in a chat: whose client a hook is given, and what becomes of it."""

import asyncio
import json

from tests.runtime.waiting import until


async def _ask(chat):
    return json.loads((await chat.send("client")).text)


async def test_tenants_that_chat_at_the_same_time_each_use_their_own_client(runtime):
    async with runtime.chat("acme") as acme, runtime.chat("globex", cookies=runtime.sign_in("globex")) as globex:
        answers = [await asyncio.gather(_ask(acme), _ask(globex)) for _ in range(3)]

    ours, theirs = zip(*answers, strict=True)
    assert {(told["for"], told["key"]) for told in ours} == {("acme", "canary of acme")}
    assert {(told["for"], told["key"]) for told in theirs} == {("globex", "canary of globex")}
    assert len({told["id"] for told in ours}) == len({told["id"] for told in theirs}) == 1


async def test_the_end_of_the_process_closes_what_tenants_used(start_runtime):
    runtime, process = start_runtime()
    async with runtime.chat("acme") as chat:
        await _ask(chat)
    process.terminate()
    await until(lambda: process.poll() is not None, within=30)

    assert "closed the client of acme" in runtime.log
