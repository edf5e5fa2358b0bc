"""Routes that name a session, thread, element or feedback: asked by another member they answer as for nothing."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.clients.chainlit_client import ChainlitClient

NOT_THERE = (404, '{"detail":"Not found"}')


@dataclass
class Person:
    """Somebody of a tenant with an open chat."""

    http: httpx.Client
    chat: ChainlitClient
    thread_id: str

    async def ask(self, command: str) -> Any:
        return json.loads((await self.chat.send(command)).text)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = self.http.request(method, path, json=body)
        return answer.status_code, answer.text

    def thread(self) -> dict[str, Any]:
        query = {"pagination": {"first": 1000}, "filter": {}}
        listed = self.http.post("/project/threads", json=query).json()["data"]
        return next(thread for thread in listed if thread["id"] == self.thread_id)


@pytest.fixture
async def people(runtime):
    """Ann and Bob of one tenant, and an Ann of another, each with something of their own."""
    async with AsyncExitStack() as stack:
        found = {}
        for name, slug, email in (
            ("ann", "rich-one", "ann@example.com"),
            ("bob", "rich-one", "bob@example.com"),
            ("other ann", "rich-two", "ann@example.com"),
        ):
            cookies = runtime.sign_in(slug, email)
            cookie = f"access_token={cookies['access_token']}"
            http = stack.enter_context(runtime.client(slug, Cookie=cookie))
            thread_id = str(uuid4())
            chat = runtime.chat(slug, cookies=cookies, thread_id=thread_id)
            person = Person(http, await stack.enter_async_context(chat), thread_id)
            await person.ask(f"remember {name}")
            found[name] = person
        yield found


def _requests(session_id: str, file_id: str) -> list[tuple[str, str, object]]:
    element = {"type": "custom", "id": str(uuid4()), "name": "Card", "display": "inline", "props": {}}
    action = {"name": "peek", "payload": {}, "label": "Peek"}
    rating = {"forId": str(uuid4()), "value": 1}
    return [
        ("GET", f"/project/file/{file_id}?session_id={session_id}", None),
        ("POST", "/project/action", {"action": action, "sessionId": session_id}),
        ("PUT", "/project/element", {"element": element, "sessionId": session_id}),
        ("DELETE", "/project/element", {"element": element, "sessionId": session_id}),
        ("POST", "/mcp", {"name": "tools", "sessionId": session_id}),
        ("DELETE", "/mcp", {"name": "tools", "sessionId": session_id}),
        ("PUT", "/feedback", {"feedback": rating, "sessionId": session_id}),
    ]


@pytest.mark.parametrize("stranger", ["bob", "other ann"])
async def test_somebody_elses_session_answers_as_one_that_is_not_there(people, stranger):
    file_id = (await people["ann"].ask("attach note"))["file"]
    theirs = _requests(people["ann"].chat.session_id, file_id)
    nobodys = _requests(str(uuid4()), str(uuid4()))

    for (method, path, body), (_, nowhere, empty) in zip(theirs, nobodys, strict=True):
        assert people[stranger].request(method, path, body) == NOT_THERE, path
        assert people[stranger].request(method, nowhere, empty) == NOT_THERE, nowhere


@pytest.mark.parametrize("stranger", ["bob", "other ann"])
async def test_nobody_uploads_into_somebody_elses_session(people, stranger):
    path = f"/project/file?session_id={people['ann'].chat.session_id}"
    answer = people[stranger].http.post(path, files={"file": ("planted.txt", b"x", "text/plain")})

    assert (answer.status_code, answer.text) == NOT_THERE
    assert (await people["ann"].ask("state"))["files"] == []


async def test_the_owner_is_served(people):
    ann = people["ann"]
    file_id = (await ann.ask("attach note"))["file"]
    path = f"/project/file/{file_id}?session_id={ann.chat.session_id}"

    assert ann.request("GET", path) == (200, "canary of rich-one in a file")
    action = {"name": "peek", "payload": {}, "label": "Peek"}
    answer = ann.http.post("/project/action", json={"action": action, "sessionId": ann.chat.session_id})
    assert answer.json()["response"]["remembered"] == "ann"


@pytest.mark.parametrize("stranger", ["bob", "other ann"])
async def test_somebody_elses_thread_answers_as_one_that_is_not_there(people, stranger):
    thread = people["ann"].thread()
    for thread_id in (thread["id"], str(uuid4())):
        for method, path, body in (
            ("GET", f"/project/thread/{thread_id}", None),
            ("GET", f"/project/thread/{thread_id}/element/{uuid4()}", None),
            ("PUT", "/project/thread", {"threadId": thread_id, "name": "taken"}),
            ("PUT", "/project/thread/share", {"threadId": thread_id, "isShared": True}),
            ("DELETE", "/project/thread", {"threadId": thread_id}),
        ):
            assert people[stranger].request(method, path, body) == NOT_THERE, path

    assert (await people["ann"].ask("state"))["thread"] == thread["name"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_element_of_somebody_elses_thread_is_not_touched(people, method):
    element_id = (await people["ann"].ask("attach note"))["element"]
    thread = people["ann"].thread()
    planted = {"type": "custom", "id": element_id, "threadId": thread["id"], "name": "Card", "display": "inline"}
    before = await people["ann"].ask("state")

    for element in (planted, {**planted, "threadId": ""}, {**planted, "threadId": "", "id": "../../public/x"}):
        body = {"element": element, "sessionId": people["bob"].chat.session_id}
        assert people["bob"].request(method, "/project/element", body) == NOT_THERE
    assert await people["ann"].ask("state") == before


async def test_an_element_of_ones_own_is_changed_and_removed(people):
    ann = people["ann"]
    shown = {"type": "custom", "id": (await ann.ask("attach note"))["element"], "name": "Card", "display": "inline"}
    body = {"element": {**shown, "forId": "", "props": {}}, "sessionId": ann.chat.session_id}

    assert ann.request("PUT", "/project/element", body) == (200, '{"success":true}')
    assert ann.request("DELETE", "/project/element", body) == (200, '{"success":true}')


async def test_a_message_is_rated_by_nobody_but_its_reader(people):
    thread = people["ann"].thread()
    step_id = thread["steps"][-1]["id"]
    rating = {"forId": step_id, "value": 1, "threadId": thread["id"]}
    for stranger in (people["bob"], people["other ann"]):
        for feedback in (rating, {"forId": step_id, "value": 1}):
            body = {"feedback": feedback, "sessionId": stranger.chat.session_id}
            assert stranger.request("PUT", "/feedback", body) == NOT_THERE
        assert (await stranger.ask("state"))["feedback"] == 0

    ann = people["ann"]
    answer = ann.http.put("/feedback", json={"feedback": rating, "sessionId": ann.chat.session_id})
    assert answer.status_code == 200, answer.text
    assert await ann.ask("state") | {"feedback": 1, "rated": 1} == await ann.ask("state")


async def test_a_rating_is_changed_and_taken_back_by_nobody_but_its_giver(people):
    ann, bob = people["ann"], people["bob"]
    given = {}
    for person in (ann, bob):
        thread = person.thread()
        body = {"feedback": {"forId": thread["steps"][-1]["id"], "value": 1}, "sessionId": person.chat.session_id}
        given[person.chat.session_id] = (body, person.http.put("/feedback", json=body).json()["feedbackId"])
    (_, anns), (bobs_rating, _) = given[ann.chat.session_id], given[bob.chat.session_id]
    stolen = {**bobs_rating, "feedback": {**bobs_rating["feedback"], "id": anns, "value": 0}}

    assert bob.request("PUT", "/feedback", stolen) == NOT_THERE
    for stranger in (bob, people["other ann"]):
        assert stranger.request("DELETE", "/feedback", {"feedbackId": anns}) == NOT_THERE
    assert (await ann.ask("state"))["rated"] == 1

    assert ann.request("DELETE", "/feedback", {"feedbackId": anns})[0] == 200
    assert (await ann.ask("state"))["rated"] == 0


async def test_a_shared_thread_is_shown_only_where_the_tenant_lets_people_share(runtime, people):
    ann = people["ann"]
    thread = ann.thread()
    path = f"/project/share/{thread['id']}"
    assert ann.request("PUT", "/project/thread/share", {"threadId": thread["id"], "isShared": True})[0] == 200
    assert people["bob"].request("GET", path)[0] == 200
    assert people["other ann"].request("GET", path)[0] == 404

    runtime.publish("rich-one", features={"allow_thread_sharing": False})
    try:
        assert people["bob"].request("GET", path) == NOT_THERE
        assert ann.request("PUT", "/project/thread/share", {"threadId": thread["id"], "isShared": True}) == NOT_THERE
    finally:
        runtime.publish("rich-one", features={})


async def test_what_an_app_sends_to_everybody_reaches_its_own_tenant_alone(runtime, people):
    ann, other = people["ann"], people["other ann"]
    heard = {"bob": [], "other": []}
    people["bob"].chat._socket.on("window_message", heard["bob"].append)
    other.chat._socket.on("window_message", heard["other"].append)

    await ann.ask("broadcast")

    # Events of one socket come in order: what was sent before these answers has been heard.
    await people["bob"].ask("state")
    await other.ask("state")
    assert heard == {"bob": ["canary of rich-one"], "other": []}
