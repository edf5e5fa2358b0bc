"""``os.environ`` as code of an app sees it, and what its child processes get."""

import asyncio
import json

import pytest
from socketio.exceptions import ConnectionError as SocketRefusedError

WAYS = {"get", "getenv", "in", "iterated", "copied", "to_thread", "executor", "make_async"}


async def _ask(chat, command):
    return json.loads((await chat.send(command)).text)


async def test_tenants_that_chat_at_the_same_time_each_read_their_own_secret(runtime):
    async with (
        runtime.chat("acme") as acme,
        runtime.chat("globex", cookies=runtime.sign_in("globex")) as globex,
        runtime.chat("changing") as neither,
    ):
        for _ in range(5):
            ours, theirs, none = await asyncio.gather(
                _ask(acme, "env CANARY"), _ask(globex, "env CANARY"), _ask(neither, "env CANARY")
            )
            assert ours == {**dict.fromkeys(WAYS, "canary of acme"), "in": True, "iterated": True}
            assert theirs == {**dict.fromkeys(WAYS, "canary of globex"), "in": True, "iterated": True}
            assert none == {**dict.fromkeys(WAYS), "in": False, "iterated": False}


@pytest.mark.parametrize(
    ("slug", "name", "expected"),
    [
        ("acme", "SHARED_NAME", "acme's"),
        ("changing", "SHARED_NAME", "the process's"),
        ("changing", "PROBE_SET_AT_IMPORT", "by the probe"),
    ],
    ids=["tenant over process", "process", "set by the app while it was imported"],
)
async def test_a_variable_is_the_tenants_then_the_apps_then_the_processs(runtime, slug, name, expected):
    async with runtime.chat(slug) as chat:
        assert (await _ask(chat, f"env {name}"))["get"] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SHARED_NAME", "the platform's"),
        ("PLATFORM_KEY", "canary of the platform"),
        ("PLAN_KEY", "canary of the plan"),
        ("PROBE_SET_AT_IMPORT", "by the probe"),
    ],
    ids=["platform over process", "a secret of the platform", "plan over platform", "app over platform"],
)
async def test_what_all_tenants_share_is_between_process_and_tenant(runtime, name, expected):
    async with runtime.chat("layered-one") as one, runtime.chat("layered-two") as two, runtime.chat("plain") as other:
        ours, theirs, none = await asyncio.gather(*(_ask(chat, f"env {name}") for chat in (one, two, other)))

    assert ours == theirs == {**dict.fromkeys(WAYS, expected), "in": True, "iterated": True}
    assert "canary" not in str(none)


@pytest.mark.parametrize("name", ["PLATFORM_KEY", "PLAN_KEY"])
async def test_child_processes_never_get_what_tenants_share(runtime, name):
    async with runtime.chat("layered-one") as chat:
        assert set((await _ask(chat, f"child {name}")).values()) == {None}


async def test_an_app_may_ask_each_person_for_a_key_of_their_own(runtime):
    async with (
        runtime.chat("keyed-one", user_env='{"USER_KEY": "ann\'s"}') as ann,
        runtime.chat("keyed-one", user_env='{"USER_KEY": "bob\'s"}') as bob,
        runtime.chat("keyed-two", user_env='{"USER_KEY": "cid\'s"}') as cid,
    ):
        told = await asyncio.gather(ann.send("tell"), bob.send("tell"), cid.send("tell"))
    assert [reply.text for reply in told] == ["ann's the tenant's", "bob's the tenant's", "cid's None"]

    with pytest.raises(SocketRefusedError):
        async with runtime.chat("keyed-two"):
            pass
    with runtime.client("keyed-one") as client:
        assert client.get("/project/settings").json()["userEnv"] == ["USER_KEY"]


async def test_what_one_app_set_while_imported_is_not_seen_by_another(runtime):
    assert "app_loaded" in runtime.log
    async with runtime.chat("left") as chat:
        assert (await chat.send("anything")).text == "left left left"


@pytest.mark.parametrize("name", ["DATABASE_URL", "S3_SECRET_ACCESS_KEY", "TENANT_ENCRYPTION_KEYS", "SECRET_KEY"])
async def test_the_platforms_own_secrets_are_nowhere_to_be_read(runtime, name):
    async with runtime.chat("acme") as chat:
        assert set((await _ask(chat, f"env {name}")).values()) <= {None, False}
        assert set((await _ask(chat, f"child {name}")).values()) == {None}


async def test_child_processes_never_get_a_tenants_values(runtime):
    async with runtime.chat("acme") as chat:
        assert set((await _ask(chat, "child CANARY")).values()) == {None}
        assert set((await _ask(chat, "child SHARED_NAME")).values()) == {"the process's"}
        assert set((await _ask(chat, "child PROBE_SET_AT_IMPORT")).values()) == {"by the probe"}


async def test_what_a_tenants_code_sets_stays_with_the_tenant(runtime):
    async with runtime.chat("acme") as acme, runtime.chat("changing") as other:
        assert await _ask(acme, "set SET_WHILE_CHATTING a secret") == "a secret"
        assert (await _ask(acme, "env SET_WHILE_CHATTING"))["get"] == "a secret"
        assert (await _ask(other, "env SET_WHILE_CHATTING"))["get"] is None
        assert set((await _ask(acme, "child SET_WHILE_CHATTING")).values()) == {None}
