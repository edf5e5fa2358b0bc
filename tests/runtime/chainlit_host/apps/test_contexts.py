"""Whatever way code goes from a hook, it arrives for the tenant, request and chat that it started from."""

import asyncio
import json

import pytest


def _chat(runtime, slug):
    return runtime.chat(slug, headers={"x-asker": f"asker of {slug}"})


async def _ask(chat, command):
    return json.loads((await chat.send(command)).text)


def _expected(slug, chat):
    return {
        "tenant": slug,
        "key": f"canary of {slug}",
        "asker": f"asker of {slug}",
        "session": chat.session_id,
    }


async def test_every_way_leads_two_tenants_at_once_to_their_own(runtime):
    async with _chat(runtime, "wandering-one") as one, _chat(runtime, "wandering-two") as two:
        astray = {}
        for way in await _ask(one, "ways"):
            for _ in range(3):
                ours, theirs = await asyncio.gather(_ask_or_fail(one, way), _ask_or_fail(two, way))
                if (ours, theirs) != (_expected("wandering-one", one), _expected("wandering-two", two)):
                    astray[way] = ours, theirs
    assert not astray


async def _ask_or_fail(chat, way):
    reply = await chat.send(f"go {way}")
    return json.loads(reply.text) if reply.messages else [step.output for step in reply.steps]


@pytest.mark.parametrize("way", ["shared executor", "shared thread pool", "default executor"])
async def test_a_pools_thread_is_nobodys(runtime, way):
    """The thread was started for one tenant and then works for another."""
    async with _chat(runtime, "wandering-one") as one, _chat(runtime, "wandering-two") as two:
        for slug, chat in [("wandering-one", one), ("wandering-two", two), ("wandering-one", one)]:
            assert await _ask(chat, f"go {way}") == _expected(slug, chat)


async def test_a_stream_that_was_broken_off_is_cleaned_up_for_its_own_tenant(runtime):
    async with _chat(runtime, "wandering-one") as one, _chat(runtime, "wandering-two") as two:
        assert await _ask(one, "break") == _expected("wandering-one", one)
        cleaned = None
        async with asyncio.timeout(10):
            while cleaned is None:
                cleaned = await _ask(two, f"collect {one.session_id}")

    assert cleaned == _expected("wandering-one", one)


async def test_another_process_runs_for_the_app_and_for_no_tenant(runtime):
    async with _chat(runtime, "wandering-one") as one:
        pooled, forked = await _ask(one, "processes")
        assert pooled == forked == [False, None, "the app's"]
        assert await _ask(one, "here") == _expected("wandering-one", one)


async def test_a_context_of_ones_own_has_no_tenant(runtime):
    async with _chat(runtime, "wandering-one") as one:
        assert await _ask(one, "detached") is False
