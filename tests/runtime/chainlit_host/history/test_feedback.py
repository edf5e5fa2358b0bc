"""Feedback: one a message, given and taken back by its reader alone."""

import json
from uuid import uuid4

from tests.runtime.chainlit_host.history.conftest import thread_of
from tests.runtime.waiting import until

NOT_THERE = (404, '{"detail":"Not found"}')


def _give(person, session_id, step_id, value, **more):
    body = {"feedback": {"forId": step_id, "value": value, **more}, "sessionId": session_id}
    answer = person.request("PUT", "/feedback", body)
    return answer.status_code, answer.text


def _last_step(person, thread_id):
    return person.thread(thread_id)["steps"][-1]


async def test_feedback_is_given_changed_found_and_taken_back(person, word):
    ann = person()
    async with ann.chat() as chat:
        await chat.send(f"hello {word}")
        thread_id = await ann.stored(chat)
        step = _last_step(ann, thread_id)
        status, text = _give(ann, chat.session_id, step["id"], 1, comment="good")
        assert status == 200
        feedback_id = json.loads(text)["feedbackId"]
        assert json.loads((await chat.send("session")).text)["rated"] == 1
    # Again without an id, as a page does that was loaded before: still one feedback and one step.
    assert _give(ann, chat.session_id, step["id"], 0)[0] == 200
    steps = [found for found in ann.thread(thread_id)["steps"] if found["id"] == step["id"]]
    assert [found["feedback"] for found in steps] == [
        {"forId": step["id"], "id": feedback_id, "value": 0, "comment": None}
    ]
    assert [thread["id"] for thread in ann.threads(feedback=0, search=word)["data"]] == [thread_id]
    assert ann.threads(feedback=1, search=word)["data"] == []

    assert ann.request("DELETE", "/feedback", {"feedbackId": feedback_id}).status_code == 200
    assert _last_step(ann, thread_id)["feedback"] is None


async def test_what_is_read_again_without_a_chat_can_be_rated(person):
    ann = person()
    thread_id = await ann.tell("hello")
    step = _last_step(ann, thread_id)
    assert _give(ann, str(uuid4()), step["id"], 1)[0] == 200
    assert _last_step(ann, thread_id)["feedback"]["value"] == 1


async def test_somebody_elses_message_and_feedback_answer_as_none(keeping, person):
    ann = person()
    thread_id = await ann.tell("hello")
    step = _last_step(ann, thread_id)
    feedback_id = json.loads(_give(ann, "", step["id"], 1)[1])["feedbackId"]
    for stranger in (person("keeper-one", "bob@example.com"), person("keeper-two")):
        async with stranger.chat() as chat:
            await chat.send("hello")
            own = _last_step(stranger, await stranger.stored(chat))
            for step_id in (step["id"], str(uuid4()), "no id"):
                assert _give(stranger, chat.session_id, step_id, 0) == NOT_THERE
                assert _give(stranger, chat.session_id, step_id, 0, threadId=thread_of(chat)) == NOT_THERE
            # The id of somebody else's feedback does nothing: a message has one, and it is found by the message.
            assert _give(stranger, chat.session_id, own["id"], 0, id=feedback_id)[0] == 200
            for taken in (feedback_id, str(uuid4()), "no id"):
                answer = stranger.request("DELETE", "/feedback", {"feedbackId": taken})
                assert (answer.status_code, answer.text) == NOT_THERE
    assert _last_step(ann, thread_id)["feedback"]["value"] == 1


async def test_where_nobody_signs_in_only_the_open_chat_is_rated(keeping, person):
    visitor = person("open-one", None)
    async with visitor.chat() as chat, visitor.chat() as another:
        await chat.send("hello")
        thread_id = await visitor.stored(chat)
        [step] = keeping.rows(
            "open-one", 'SELECT id::text FROM "Step" WHERE "threadId" = %s AND output LIKE %s', thread_id, "%under%"
        )
        for session_id in (another.session_id, str(uuid4()), ""):
            assert _give(visitor, session_id, step["id"], 1) == NOT_THERE
        status, text = _give(visitor, chat.session_id, step["id"], 1)
        assert status == 200
        taken = {"feedbackId": json.loads(text)["feedbackId"]}
        assert person("open-two", None).request("DELETE", "/feedback", taken).status_code == 404
        assert visitor.request("DELETE", "/feedback", taken).status_code == 200
    await until(lambda: not keeping.rows("open-one", 'SELECT 1 FROM "Feedback"'))
