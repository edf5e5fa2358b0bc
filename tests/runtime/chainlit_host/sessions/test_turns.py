"""What of a chat is counted as its tenant's use."""

import pytest

from tests.runtime.chainlit_host.tenants_under_test import tenant_id
from tests.runtime.waiting import until

NOTHING = {"messages": 0, "people": 0, "errors": 0, "answers": 0, "tokens": []}


@pytest.fixture(scope="module")
def counting(start_one_runtime):
    """A runtime process whose figures no other test adds to."""
    return start_one_runtime()


def used(runtime, slug):
    return runtime.command("usage", tenant_id=tenant_id(slug))


async def test_messages_answers_and_people_are_counted_for_the_tenant_in_whose_chat_they_are(counting):
    ann, bob = counting.sign_in("globex"), counting.sign_in("globex", "bob@example.com")
    before = used(counting, "initech")
    for cookies, texts in ((ann, ("name", "who")), (ann, ("name",)), (bob, ("name",))):
        async with counting.chat("globex", cookies=cookies) as chat:
            for text in texts:
                await chat.send(text)

    await until(lambda: used(counting, "globex")["answers"] == 4)
    assert used(counting, "globex") == NOTHING | {"messages": 4, "people": 2, "answers": 4}
    assert used(counting, "initech") == before


async def test_an_edited_message_counts_as_one_more(counting):
    async with counting.chat("acme") as chat:
        before = used(counting, "acme")
        await chat.send("name", message_id="5f0c3f7e-1c86-4f0b-a3a6-7a3f6a1f5e01")
        edited = {"id": "5f0c3f7e-1c86-4f0b-a3a6-7a3f6a1f5e01", "output": "who"}
        await chat.emit("edit_message", {"message": edited})
        await until(lambda: used(counting, "acme")["answers"] == before["answers"] + 2)
        assert used(counting, "acme")["messages"] == before["messages"] + 2


async def test_where_nobody_signs_in_a_browser_counts_as_one_person(counting):
    before = used(counting, "acme")
    for browser in ("b" * 32, "b" * 32, "c" * 32):
        async with counting.chat("acme", cookies={"live": browser}) as chat:
            await chat.send("name")
    await until(lambda: used(counting, "acme")["answers"] == before["answers"] + 3)
    assert used(counting, "acme")["people"] == before["people"] + 2


async def test_what_the_app_raises_is_counted_once_as_an_error(counting):
    before = used(counting, "acme")
    async with counting.chat("acme") as chat:
        await chat.send("fail once")
    await until(lambda: used(counting, "acme")["answers"] == before["answers"] + 1)
    assert used(counting, "acme")["errors"] == before["errors"] + 1


async def test_the_app_records_tokens_for_its_tenant_also_in_a_thread(counting):
    async with counting.chat("initech", cookies=counting.sign_in("initech")) as chat:
        assert (await chat.send("tokens 12")).text == '"recorded"'
    assert used(counting, "initech")["tokens"] == [{"a model": 12, "": 12}]
