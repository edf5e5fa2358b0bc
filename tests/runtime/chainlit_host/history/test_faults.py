"""Postgres and the file store fail during a chat: it goes on, people are told, nothing is lost or out of order."""

import json
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.runtime.chainlit_host.history.conftest import thread_of
from tests.runtime.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

WAITING = "could not be saved just now"
SAVED = "This conversation is saved again."
NOT_AVAILABLE = "Conversations are not available just now; please try again in a moment."


@contextmanager
def stopped(service):
    """Have a service down for as long as the block runs."""
    service.stop()
    try:
        yield
    finally:
        service.start()


def _notices(chat):
    """Return the notices that the page shows."""
    shown = {}
    for event, data in chat.heard:
        if event in {"new_message", "update_message"} and data["type"] == "system_message":
            shown[data["id"]] = data["output"]
        elif event == "delete_message":
            shown.pop(data["id"], None)
    return list(shown.values())


def _toasts(chat):
    return [(data["type"], data["message"]) for event, data in chat.heard if event == "toast"]


def _said(thread):
    return [step["output"] for step in thread["steps"] if step["type"] in {"user_message", "assistant_message"}]


async def test_what_is_said_while_the_database_is_away_is_stored_in_order_when_it_is_back(keeping, person, word):
    ann, visitor = person(), person("open-one", None)
    async with ann.chat() as chat, visitor.chat() as other:
        await chat.send(f"before {word}")
        await other.send("hello")
        thread_id, other_id = await ann.stored(chat), await visitor.stored(other)
        with stopped(keeping.postgres):
            answers = [(await chat.send(f"{word} {number}")).text for number in range(3)]
            await other.send("meanwhile")
            await until(lambda: _notices(chat) and _notices(other), within=60)
            # One notice, however much waits, in the page and not in what the app is given.
            assert [WAITING in notice for notice in _notices(chat)] == [True]
            assert WAITING not in (await chat.send("context")).text
            assert keeping.runtime.command("unsaved") > 0
        await until(lambda: not _notices(chat) and not _notices(other), within=60)
        await until(lambda: ("success", SAVED) in _toasts(chat))
        await until(lambda: keeping.runtime.command("unsaved") == 0, within=60)
    assert answers == [f"{word} {number} under revision {_revision(keeping, 'keeper-one')}" for number in range(3)]
    said = _said(ann.thread(thread_id))
    expected = [f"before {word}", *(f"{word} {number}" for number in range(3)), "context"]
    assert [text for text in said if text in expected] == expected
    assert "meanwhile" in _said_at(keeping, "open-one", other_id)


async def test_a_conversation_that_begins_while_the_database_is_away_is_its_persons(keeping, person, word):
    ann = person("keeper-one", "bob@example.com")
    with stopped(keeping.postgres):
        async with ann.chat() as chat:
            await chat.send(f"hello {word}")
            thread_id = await until(lambda: thread_of(chat), within=20)
            await until(lambda: _notices(chat), within=20)
    # The page is closed: what it said is stored all the same.
    await until(lambda: keeping.runtime.command("unsaved") == 0, within=60)
    thread = ann.thread(thread_id)
    assert (thread["userIdentifier"], thread["name"]) == ("bob@example.com", f"hello {word}")
    assert f"hello {word}" in _said(thread)


async def test_what_needs_the_database_says_that_it_is_away(keeping, person, word):
    ann = person()
    thread_id = await ann.tell(f"hello {word}")
    async with ann.chat() as chat:
        with stopped(keeping.postgres):
            for method, path, body in (
                ("POST", "/project/threads", {"pagination": {"first": 5}, "filter": {}}),
                ("GET", f"/project/thread/{thread_id}", None),
                ("PUT", "/project/thread", {"threadId": thread_id, "name": "new"}),
                ("DELETE", "/project/thread", {"threadId": thread_id}),
                ("GET", f"/project/share/{thread_id}", None),
                ("PUT", "/feedback", {"feedback": {"forId": thread_id, "value": 1}, "sessionId": ""}),
            ):
                answer = ann.request(method, path, body)
                assert (answer.status_code, answer.json()["detail"]) == (503, NOT_AVAILABLE), path
                assert answer.headers["retry-after"]
            await chat.emit("fetch_favorites")
            await until(lambda: ("error", NOT_AVAILABLE) in _toasts(chat), within=20)
            async with keeping.runtime.chat("keeper-one", cookies=ann.cookies, thread_id=thread_id) as resuming:
                await until(lambda: "resume_thread_error" in [event for event, _ in resuming.heard], within=20)
                # Their socket opened without the database, so Chainlit does not know them as a stored person.
                await resuming.emit("fetch_favorites")
                await until(lambda: ("error", NOT_AVAILABLE) in _toasts(resuming), within=20)
    assert f"hello {word}" in _said(await _read(ann, thread_id))


async def test_connections_from_before_a_restart_cost_nobody_a_message(keeping, person, word):
    ann = person()
    async with ann.chat() as chat:
        await chat.send("warm")
        thread_id = await ann.stored(chat)
        # Several connections of the pool are open and idle, and all of them are dead after this.
        for _ in range(8):
            ann.thread(thread_id)
        with stopped(keeping.postgres):
            pass
        await chat.send(f"after {word}")
        await ann.stored(chat, answers=2)
        assert _notices(chat) == []


async def test_a_missing_file_store_holds_up_files_and_no_message(keeping, person, word):
    ann = person()
    async with ann.chat() as chat:
        with stopped(keeping.seaweedfs):
            await chat.send(f"attach {word}")
            thread_id = await ann.stored(chat)
            assert f"attach {word}" in _said(ann.thread(thread_id))
            await until(lambda: _notices(chat), within=30)
            assert ["A file of this conversation" in notice for notice in _notices(chat)] == [True]
        await until(lambda: not _notices(chat), within=60)
        thread = ann.thread(thread_id)
    assert {element["name"] for element in thread["elements"]} >= {"note.txt", "Card", "sound"}


async def test_a_thread_whose_files_cannot_be_removed_stays_whole(keeping, person, word):
    ann = person()
    async with ann.chat() as chat:
        await chat.send(f"attach {word}")
        thread_id = await ann.stored(chat)
        await until(lambda: len(ann.thread(thread_id)["elements"]) == 5, within=20)
    with stopped(keeping.seaweedfs):
        answer = ann.request("DELETE", "/project/thread", {"threadId": thread_id})
        assert (answer.status_code, answer.json()["detail"]) == (503, "The file store does not answer just now.")
    assert len(ann.thread(thread_id)["elements"]) == 5
    assert ann.request("DELETE", "/project/thread", {"threadId": thread_id}).status_code == 200


@pytest.mark.parametrize("wrong", [{"id": "no uuid"}, {"createdAt": "yesterday"}, {"waitForAnswer": {"a": 1}}])
async def test_what_the_database_will_never_take_is_told_and_holds_nothing_up(keeping, person, word, wrong):
    ann = person()
    async with ann.chat() as chat:
        await chat.send("hello")
        thread_id = await ann.stored(chat)
        step = {"id": str(uuid4()), "threadId": thread_id, "type": "run", "output": "never", **wrong}
        await chat.send("call " + json.dumps({"method": "create_step", "args": {"step_dict": step}}))
        await until(lambda: ["will be missing" in notice for notice in _notices(chat)] == [True])
        await chat.send(f"after {word}")
        await until(lambda: f"after {word}" in _said(ann.thread(thread_id)))


async def _read(person, thread_id):
    async def answers():
        answer = person.request("GET", f"/project/thread/{thread_id}")
        return answer.json() if answer.status_code == 200 else None

    return await until(answers, within=30)


def _revision(keeping, slug):
    [row] = keeping.rows(slug, 'SELECT max(revision) AS revision FROM "Step"')
    return row["revision"]


def _said_at(keeping, slug, thread_id):
    return [row["output"] for row in keeping.rows(slug, 'SELECT output FROM "Step" WHERE "threadId" = %s', thread_id)]
