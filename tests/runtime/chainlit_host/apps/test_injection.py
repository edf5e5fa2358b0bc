"""Hooks that ask for the request and the tenant, at two tenants of one app."""

import asyncio
import json

import httpx
import pytest

from runtime.chainlit_host.seams import HOOK_DECORATORS
from tests.runtime.waiting import until

SLUGS = ("asking-one", "asking-two")


def _chat(runtime, slug, **options):
    return runtime.chat(slug, headers={"x-asker": f"asker of {slug}"}, **options)


async def _ask(chat, command):
    # The app has a hook for the chat's start, so the first "task ended" may be that hook's.
    reply = await (await chat.begin(command)).until(lambda reply: reply.messages)
    return json.loads(reply.messages[0].output)


async def test_every_hook_that_chainlit_knows_is_given_both(runtime):
    async with _chat(runtime, "asking-one") as one, _chat(runtime, "asking-two") as two:
        for field in await _ask(one, "fields"):
            ours, theirs = await asyncio.gather(_ask(one, f"call {field}"), _ask(two, f"call {field}"))
            assert (ours["tenant"], ours["asker"]) == ("asking-one", "asker of asking-one"), field
            assert (theirs["tenant"], theirs["asker"]) == ("asking-two", "asker of asking-two"), field
            given = {"message": "call on_message"} if field == "on_message" else {}
            assert ours["given"] == {name: given.get(name, f"{name} given") for name in ours["given"]}, field


async def test_a_field_that_a_new_chainlit_brings_is_not_forgotten(runtime):
    async with _chat(runtime, "asking-one") as chat:
        fields = set(await _ask(chat, "fields"))

    assert fields - {"action_callbacks"} == set(HOOK_DECORATORS)


@pytest.mark.parametrize("slug", SLUGS)
async def test_a_chat_is_given_the_request_its_socket_was_opened_with(runtime, slug):
    async with _chat(runtime, slug, cookies={"flavour": f"oat of {slug}"}) as chat:
        assert await _ask(chat, "seen on_chat_start") == {"tenant": slug, "asker": f"asker of {slug}", "given": {}}
        told = await _ask(chat, "request")

    url = httpx.URL(told.pop("url"))
    assert (url.scheme, url.host, url.path) == ("http", f"{slug}.localhost", "/ws/socket.io/")
    assert told == {"method": "GET", "cookie": f"oat of {slug}", "client": "127.0.0.1", "same": True}


async def test_an_action_is_given_the_request_that_pressed_the_button(runtime):
    async with _chat(runtime, "asking-one") as chat:
        reply = await (await chat.begin("button")).until(lambda reply: reply.actions)
        pressed = await chat.begin_action(reply.actions[0])
        told = json.loads((await pressed.until(lambda reply: reply.messages)).messages[0].output)

    assert told == {
        "tenant": "asking-one",
        "asker": "asker of asking-one",
        "given": {"path": "/project/action", "payload": {"n": 1}},
    }


@pytest.mark.parametrize("slug", ["asking-who", "asking-whom"])
def test_hooks_of_http_are_given_their_own_request(runtime, slug):
    with runtime.client(slug, **{"x-asker": f"asker of {slug}", "x-signed-in-as": "ann"}) as client:
        signed_in = client.post("/auth/header")
        client.headers["cookie"] = f"access_token={signed_in.cookies['access_token']}"
        user = client.get("/user").json()
        settings = client.get("/project/settings", params={"language": "de"}).json()
        left = client.post("/logout")

    assert user["identifier"] == f"ann@{slug} /auth/header"
    assert [profile["name"] for profile in settings["chatProfiles"]] == [f"{slug} asker of {slug}"]
    [starter] = settings["starters"]
    assert (starter["label"], starter["message"]) == (slug, f"de asker of {slug}")
    assert left.headers["x-left"] == slug
    assert left.json()["asker"] == f"asker of {slug}"


@pytest.mark.parametrize("slug", ["asking-who", "asking-whom"])
def test_a_hook_may_read_the_body_that_chainlit_has_read(runtime, slug):
    with runtime.client(slug) as client:
        form = {"username": "ann", "password": "secret", "code": f"for {slug}"}
        signed_in = client.post("/login", data=form)
        client.headers["cookie"] = f"access_token={signed_in.cookies['access_token']}"
        assert client.get("/user").json()["identifier"] == f"ann@{slug} for {slug} True"


async def test_a_bound_argument_of_a_partial_stays_bound(runtime):
    async with _chat(runtime, "asking-two") as chat:
        reply = await (await chat.begin("seen on_chat_start")).until(lambda reply: reply.messages)

    assert reply.messages[0].name == "at asking-two Asking-Two Chat"


async def test_where_there_is_no_request_the_hook_is_told_so(runtime):
    async with _chat(runtime, "asking-one") as chat:
        assert await _ask(chat, "seen on_app_startup") == [False, True]
        assert (await _ask(chat, "seen import")).startswith("No request is at hand here")


async def test_the_end_of_a_chat_still_knows_both(runtime):
    async with _chat(runtime, "asking-two"):
        pass
    told = 'ended {"tenant": "asking-two", "asker": "asker of asking-two", "given": {}}'
    await until(lambda: told in runtime.log)


async def test_the_request_of_a_socket_says_that_it_has_no_body_rather_than_wait_for_one(runtime):
    async with _chat(runtime, "asking-one") as chat:
        assert await _ask(chat, "body") == "Receive channel has not been made available"
