"""What belongs to another person or tenant answers as what is not there, and is not changed by knowing its id."""

import json
from uuid import uuid4

import pytest
import socketio

from tests.runtime.chainlit_host.history.conftest import call, thread_of
from tests.runtime.waiting import until

NOT_THERE = (404, '{"detail":"Not found"}')


@pytest.fixture
async def theirs(person, word):
    """A thread of Ann's with an element, and what is in it."""
    ann = person()
    async with ann.chat() as chat:
        await chat.send(f"attach {word}")
        thread_id = await ann.stored(chat)
        await until(lambda: len(ann.thread(thread_id)["elements"]) == 5, within=20)
    await until(lambda: ann.thread(thread_id)["metadata"].get("notes"))
    return ann, ann.thread(thread_id)


def _strangers(person):
    return [person("keeper-one", "bob@example.com"), person("keeper-two", "ann@example.com")]


def _unsigned(thread):
    return {**thread, "elements": [{**element, "url": ""} for element in thread["elements"]]}


async def test_every_route_answers_for_somebody_elses_thread_as_for_none(person, theirs):
    ann, thread = theirs
    element_id = thread["elements"][0]["id"]
    for stranger in _strangers(person):
        for thread_id in (thread["id"], str(uuid4()), "no-id"):
            for method, path, body in (
                ("GET", f"/project/thread/{thread_id}", None),
                ("GET", f"/project/thread/{thread_id}/element/{element_id}", None),
                ("PUT", "/project/thread", {"threadId": thread_id, "name": "taken"}),
                ("PUT", "/project/thread/share", {"threadId": thread_id, "isShared": True}),
                ("DELETE", "/project/thread", {"threadId": thread_id}),
            ):
                answer = stranger.request(method, path, body)
                assert (answer.status_code, answer.text) == NOT_THERE, (method, path)
            shared = stranger.request("GET", f"/project/share/{thread_id}")
            assert (shared.status_code, shared.json()) == (404, {"detail": "Thread not found"})
        assert thread["id"] not in [listed["id"] for listed in stranger.threads()["data"]]
    assert _unsigned(ann.thread(thread["id"])) == _unsigned(thread)


async def test_a_socket_that_names_somebody_elses_thread_gets_a_new_one_as_for_none(keeping, person, theirs):
    ann, thread = theirs
    for stranger in _strangers(person):
        begun = []
        for named in (thread["id"], str(uuid4())):
            async with stranger.chat(thread_id=named) as chat:
                errors = [data for event, data in chat.heard if event == "resume_thread_error"]
                assert errors == ["Thread not found."]
                assert "resume_thread" not in [event for event, _ in chat.heard]
                await chat.send("mine now?")
                begun.append(await stranger.stored(chat))
        assert not {thread["id"], named} & set(begun)
    assert _unsigned(ann.thread(thread["id"])) == _unsigned(thread)


async def test_a_message_with_somebody_elses_id_changes_nothing_and_its_sender_is_told(person, theirs):
    ann, thread = theirs
    said = next(step for step in thread["steps"] if step["type"] == "user_message")
    bob = person("keeper-one", "bob@example.com")
    async with bob.chat() as chat:
        await chat.send("forged", message_id=said["id"])
        await until(lambda: _notices(chat))
        # Edited, it is found among what Bob said, and what follows it is removed by Chainlit.
        ended = _count(chat, "task_end")
        await chat.emit("edit_message", {"message": {"id": said["id"], "output": "forged again"}})
        await until(lambda: _count(chat, "task_end") > ended)
        await chat.emit("message_favorite", {"message": {"id": said["id"], "metadata": {"favorite": True}}})
        await call(chat, "delete_step", step_id=said["id"])
        for element in thread["elements"]:
            await call(chat, "delete_element", element_id=element["id"], thread_id=thread["id"])
        await call(chat, "update_thread", thread_id=thread["id"], name="taken")
    assert _unsigned(ann.thread(thread["id"])) == _unsigned(thread)


async def test_the_same_person_at_two_tenants_is_two_people(keeping, person, word):
    one, two = person("keeper-one"), person("keeper-two")
    thread_id = await one.tell(f"hello {word}")
    async with two.chat() as chat:
        await chat.send(f"hello {word}")
        other_id = await two.stored(chat)
        assert await call(chat, "get_thread", thread_id=thread_id) is None
        assert await call(chat, "get_thread_author", thread_id=thread_id) == ""
        listed = await call(chat, "list_threads", pagination={"first": 50}, filters={"search": word})
        assert [thread["id"] for thread in listed["data"]] == [other_id]
    assert [thread["id"] for thread in one.threads(search=word)["data"]] == [thread_id]


async def test_where_nobody_signs_in_a_thread_is_known_to_its_own_chat_alone(keeping, person, word):
    first, second = person("open-one", None), person("open-one", None)
    async with first.chat() as chat:
        await chat.send(f"hello {word}")
        thread_id = await first.stored(chat)
    await until(lambda: "Welcome" in [step["output"] for step in _steps(keeping, "open-one", thread_id)])
    before = _steps(keeping, "open-one", thread_id)
    async with keeping.runtime.chat("open-one", thread_id=thread_id) as chat:
        await chat.send("mine now?")
        assert await until(lambda: thread_of(chat)) != thread_id
        await second.stored(chat)
        await call(chat, "update_thread", thread_id=thread_id, name="taken")
        await call(chat, "create_step", step_dict={"id": str(uuid4()), "threadId": thread_id, "type": "run"})
    assert _steps(keeping, "open-one", thread_id) == before
    answer = second.request("GET", f"/project/thread/{thread_id}")
    assert answer.status_code == 401


async def test_a_shared_thread_shows_what_was_said_and_nothing_of_its_author(keeping, person, theirs):
    ann, thread = theirs
    answer = ann.request("PUT", "/project/thread/share", {"threadId": thread["id"], "isShared": True})
    assert answer.status_code == 200
    step_id = thread["steps"][-1]["id"]
    ann.request("PUT", "/feedback", {"feedback": {"forId": step_id, "value": 0}, "sessionId": ""})

    path = f"/project/share/{thread['id']}"
    shared = person("keeper-one", "bob@example.com").request("GET", path).json()
    assert [step["output"] for step in shared["steps"]] == [step["output"] for step in thread["steps"]]
    assert set(shared["metadata"]) == {"is_shared", "shared_at"}
    assert "private to the author" not in json.dumps(shared)
    assert "ann@example.com" not in json.dumps(shared)
    assert [step["feedback"] for step in shared["steps"] if step["feedback"]] == []
    assert person("keeper-two").request("GET", path).status_code == 404

    keeping.runtime.publish("keeper-one", features={"allow_thread_sharing": False, "favorites": True})
    try:
        assert person("keeper-one", "bob@example.com").request("GET", path).status_code == 404
    finally:
        keeping.runtime.publish("keeper-one", features={"allow_thread_sharing": True, "favorites": True})
    assert ann.request("PUT", "/project/thread/share", {"threadId": thread["id"], "isShared": False}).status_code == 200
    assert person("keeper-one", "bob@example.com").request("GET", path).status_code == 404


async def test_a_thread_id_that_is_no_uuid_is_no_thread(person):
    ann = person()
    async with ann.chat(thread_id="not-a-uuid") as chat:
        assert [data for event, data in chat.heard if event == "resume_thread_error"] == ["Thread not found."]
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with ann.chat(thread_id="../../etc"):
            pass


def _count(chat, event):
    return [name for name, _ in chat.heard].count(event)


def _notices(chat):
    return [data["output"] for event, data in chat.heard if event == "new_message" and data["type"] == "system_message"]


def _steps(keeping, slug, thread_id):
    return keeping.rows(slug, 'SELECT id, output FROM "Step" WHERE "threadId" = %s ORDER BY id', thread_id)
