"""What is said is kept, as it was said, and found again by whoever said it."""

import asyncio
import json
from uuid import uuid4

from tests.runtime.chainlit_host.history.conftest import call, thread_of
from tests.runtime.waiting import until


async def test_a_conversation_is_kept_and_found_by_its_person(keeping, person, word):
    ann = person()
    thread_id = await ann.tell(f"hello {word}", "again")

    listed = ann.threads()["data"]
    assert [thread["name"] for thread in listed if thread["id"] == thread_id] == [f"hello {word}"]
    thread = ann.thread(thread_id)
    assert thread["userIdentifier"] == "ann@example.com"
    messages = [step for step in thread["steps"] if step["type"].endswith("_message")]
    assert [(step["type"], step["output"].partition(" under revision")[0]) for step in messages] == [
        ("assistant_message", "Welcome"),
        ("user_message", f"hello {word}"),
        ("assistant_message", f"hello {word}"),
        ("user_message", "again"),
        ("assistant_message", "again"),
    ]


async def test_a_step_comes_back_as_it_was(person):
    ann = person()
    thread = ann.thread(await ann.tell("code"))

    [tool] = [step for step in thread["steps"] if step["type"] == "tool"]
    assert (tool["input"], tool["output"], tool["language"]) == ("secret", "print(1)", "python")
    assert (tool["tags"], tool["showInput"], tool["isError"]) == (["seen"], False, False)
    assert tool["createdAt"] <= tool["start"] <= tool["end"]
    assert tool["createdAt"].endswith("Z")
    answer = thread["steps"][-1]
    assert (answer["output"], answer["language"]) == ("x = 1", "python")
    # A parent comes before what is below it, or the page would not show either.
    seen = set()
    for step in thread["steps"]:
        assert step["parentId"] is None or step["parentId"] in seen
        seen.add(step["id"])


async def test_what_is_set_back_to_nothing_is_empty_and_what_is_removed_is_gone(keeping, person):
    ann = person()
    thread = ann.thread(await ann.tell("edit"))
    assert thread["steps"][-1]["output"] == ""

    async with ann.chat() as chat:
        removed = (await chat.send("removed")).text
        thread_id = await ann.stored(chat)
    await until(lambda: not keeping.rows("keeper-one", 'SELECT 1 FROM "Step" WHERE id = %s', removed))
    assert removed not in [step["id"] for step in ann.thread(thread_id)["steps"]]


async def test_a_turn_keeps_the_revision_it_was_answered_under(keeping, person):
    ann = person("keeper-two")
    async with ann.chat() as chat:
        before = await chat.send("first")
        keeping.runtime.publish("keeper-two", branding={"display_name": "Another name"})
        after = await chat.send("second")
        thread_id = await ann.stored(chat, answers=2)

    revisions = {
        row["output"]: row["revision"]
        for row in keeping.rows(
            "keeper-two",
            'SELECT output, revision FROM "Step" WHERE "threadId" = %s AND type = \'assistant_message\'',
            thread_id,
        )
    }
    assert before.text.removeprefix("first under revision ") == str(revisions[before.text])
    assert after.text.removeprefix("second under revision ") == str(revisions[after.text])
    assert revisions[before.text] < revisions[after.text]


async def test_a_text_that_postgres_cannot_hold_is_kept_all_the_same(person):
    ann = person()
    async with ann.chat() as chat:
        await chat.send("nothing\x00here half\ud83dof it, and \\u0000 as it is written")
        thread_id = await ann.stored(chat)
        metadata = {"nul": "\x00", "half": "\udc00", "written": "\\u0000", "both": "\\\x00"}
        await call(chat, "update_thread", thread_id=thread_id, metadata=metadata)
    thread = ann.thread(thread_id)
    assert "nothing\ufffdhere half\ufffdof it, and \\u0000 as it is written" in [
        step["output"] for step in thread["steps"]
    ]
    assert {name: thread["metadata"][name] for name in metadata} == {
        "nul": "\ufffd",
        "half": "\ufffd",
        "written": "\\u0000",
        "both": "\\\ufffd",
    }


async def test_a_thread_is_tagged_with_the_chat_profile(person):
    ann = person()
    async with ann.chat(chat_profile="Fast") as chat:
        await chat.send("hello")
        assert ann.thread(await ann.stored(chat))["tags"] == ["Fast"]


async def test_a_conversation_goes_on_where_it_was(keeping, person, word):
    ann = person()
    thread_id = await ann.tell(f"hello {word}")
    await until(lambda: ann.thread(thread_id)["metadata"].get("notes"))

    async with ann.chat(thread_id=thread_id) as chat:
        resumed = await until(lambda: [data for event, data in chat.heard if event == "resume_thread"])
        assert f"hello {word}" in [step["output"] for step in resumed[0]["steps"]]
        context = json.loads((await chat.send("context")).text)
        assert {"role": "user", "content": f"hello {word}"} in context
        session = json.loads((await chat.send("session")).text)
        assert session == {"notes": "private to the author", "resumed": thread_id, "rated": None}
        await until(lambda: "session" in [step["output"] for step in ann.thread(thread_id)["steps"]])
    listed = [thread for thread in ann.threads()["data"] if thread["id"] == thread_id]
    assert [thread["name"] for thread in listed] == [f"hello {word}"]


async def test_threads_come_in_pages_that_a_deletion_does_not_disturb(keeping, person, word):
    bob = person("keeper-one", "bob@example.com")
    ids = [await bob.tell(f"{word} {number}") for number in range(4)]

    first = bob.threads(first=2, search=word)
    assert [thread["id"] for thread in first["data"]] == [ids[3], ids[2]]
    assert first["pageInfo"]["hasNextPage"]
    assert bob.request("DELETE", "/project/thread", {"threadId": ids[2]}).status_code == 200
    second = bob.threads(first=2, search=word, cursor=first["pageInfo"]["endCursor"])
    assert [thread["id"] for thread in second["data"]] == [ids[1], ids[0]]
    assert not second["pageInfo"]["hasNextPage"]
    assert len(bob.threads(first=2, search=word, cursor="no cursor of ours")["data"]) == 2


async def test_a_search_looks_at_what_was_said_and_takes_its_signs_as_they_are(person, word):
    ann = person()
    thread_id = await ann.tell("first words", f"100% {word}")

    assert [thread["id"] for thread in ann.threads(search=f"100% {word}")["data"]] == [thread_id]
    assert ann.threads(search=f"100_ {word}")["data"] == []
    assert person("keeper-one", "bob@example.com").threads(search=word)["data"] == []


async def test_a_thread_is_renamed_and_deleted_and_does_not_come_back(keeping, person, word):
    ann = person()
    async with ann.chat() as chat:
        await chat.send(f"hello {word}")
        thread_id = await ann.stored(chat)
        assert ann.request("PUT", "/project/thread", {"threadId": thread_id, "name": "Renamed"}).status_code == 200
        assert ann.thread(thread_id)["name"] == "Renamed"

        assert ann.request("DELETE", "/project/thread", {"threadId": thread_id}).status_code == 200
        assert ann.request("GET", f"/project/thread/{thread_id}").status_code == 404
        # The chat is still open and goes on in it.
        await chat.send("still there")
        await chat.send("and again")
    await until(lambda: keeping.runtime.command("unsaved") == 0, within=30)
    assert keeping.rows("keeper-one", 'SELECT 1 FROM "Step" WHERE "threadId" = %s', thread_id) == []
    [left] = keeping.rows("keeper-one", 'SELECT name, metadata FROM "Thread" WHERE id = %s', thread_id)
    assert left == {"name": None, "metadata": {}}
    assert thread_id not in [thread["id"] for thread in ann.threads()["data"]]


async def test_nothing_that_is_being_written_outlives_the_deletion_of_its_thread(keeping, person):
    ann = person()
    async with ann.chat() as chat:
        await chat.send("hello")
        thread_id = await ann.stored(chat)
        for number in range(30):
            message = {"id": str(uuid4()), "name": "User", "type": "user_message", "output": f"number {number}"}
            message |= {"createdAt": "2026-01-01T00:00:00Z", "threadId": ""}
            await chat.emit("client_message", {"message": message, "fileReferences": []})
        answer = await asyncio.to_thread(ann.request, "DELETE", "/project/thread", {"threadId": thread_id})
        assert answer.status_code == 200
        await until(lambda: "number 29 under" in json.dumps(chat.heard), within=30)
        await until(lambda: keeping.runtime.command("unsaved") == 0, within=30)
    assert keeping.rows("keeper-one", 'SELECT 1 FROM "Step" WHERE "threadId" = %s', thread_id) == []


async def test_favourites_are_marked_shown_and_unmarked(keeping, person, word):
    ann = person()
    message_id = str(uuid4())
    async with ann.chat() as chat:
        await chat.send(f"hello {word}", message_id=message_id)
        await ann.stored(chat)
        for favourite in (True, False):
            await chat.emit("message_favorite", {"message": {"id": message_id, "metadata": {"favorite": favourite}}})

            def shown(favourite=favourite):
                told = [data for event, data in chat.heard if event == "set_favorites"]
                return told and (message_id in [step["id"] for step in told[-1]]) == favourite

            await until(shown)
            steps = ann.thread(thread_of(chat))["steps"]
            [message] = [step for step in steps if step["id"] == message_id]
            assert message["metadata"]["favorite"] is favourite
            assert message["output"] == f"hello {word}"


async def test_tags_metadata_and_names_of_a_thread_are_set_one_by_one(person):
    ann = person()
    async with ann.chat() as chat:
        await chat.send("hello")
        thread_id = await ann.stored(chat)
        await call(chat, "update_thread", thread_id=thread_id, tags=["one", "two"], metadata={"a": 1, "b": 2})
        await call(chat, "update_thread", thread_id=thread_id, metadata={"a": None, "c": 3})
    thread = ann.thread(thread_id)
    assert thread["tags"] == ["one", "two"]
    assert {name: thread["metadata"].get(name) for name in "abc"} == {"a": None, "b": 2, "c": 3}
    assert thread["name"] == "hello"


async def test_keeping_is_switched_on_and_off_by_the_next_event_and_request(keeping, person):
    ann = person("forgetful")
    async with ann.chat() as chat:
        assert not ann.request("GET", "/project/settings").json()["dataPersistence"]
        await chat.send("not kept")
        keeping.runtime.publish("forgetful", history={"enabled": True})
        assert ann.request("GET", "/project/settings").json()["dataPersistence"]
        await chat.send("kept")
        await until(lambda: "kept" in _said(keeping, "forgetful"))
        keeping.runtime.publish("forgetful", history={"enabled": False})
        assert not ann.request("GET", "/project/settings").json()["dataPersistence"]
        await chat.send("not kept again")
        assert await call(chat, "get_thread", thread_id=str(uuid4())) == "no layer"
    assert _said(keeping, "forgetful") & {"not kept", "kept", "not kept again"} == {"kept"}
    assert ann.request("POST", "/project/threads", {"pagination": {"first": 5}, "filter": {}}).status_code == 400


async def test_an_apps_own_layer_comes_first(person):
    ann = person("own-layer")
    async with ann.keeping.runtime.chat("own-layer", cookies=ann.cookies) as chat:
        assert (await chat.send("hello")).text.endswith("1")
    assert ann.request("GET", "/project/settings").json()["dataPersistence"]


def _said(keeping, slug):
    return {row["output"] for row in keeping.rows(slug, "SELECT output FROM \"Step\" WHERE type = 'user_message'")}
