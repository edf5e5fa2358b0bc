"""Before an attack: everybody signs in and leaves something of each kind that others would like to have."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import jwt

from tests.isolation.chat import Chat, answer_of
from tests.isolation.ground import Ground
from tests.isolation.people import Person, look, new_id, read, sign_in, socket_auth
from tests.isolation.tenants import PEOPLE, Tenant
from tests.isolation.wire import Answer, Ask, Connection

__all__ = ["settle_all"]

JSON = ("Content-Type", "application/json")
STORED_SECONDS = 30.0
Found = TypeVar("Found")


async def settle_all(ground: Ground, rng: random.Random) -> tuple[list[Person], list[Person]]:
    """Return everybody: who is attacked, and who attacks. Dead tokens are among the loot."""
    old: dict[str, list[str]] = {}
    for tenant in ground.tenants:
        if tenant.signs_in:
            old[tenant.slug] = [await sign_in(ground.ports[0], tenant, name) for name in PEOPLE]
            tenant.epoch += 1
    await ground.publish(*ground.tenants)
    for tenant in ground.tenants:
        if tenant.mode == "members":
            ended = [await sign_in(ground.ports[0], tenant, name) for name in PEOPLE]
            old[tenant.slug] += ended
            tenant.ended = {_member_of(token): int(time.time()) + 1 for token in ended}
    await ground.publish(*ground.tenants)
    everybody: list[list[Person]] = [[], []]
    for tenant in ground.tenants:
        port = rng.choice(ground.ports)
        for group, name in zip(everybody, PEOPLE, strict=True):
            person = await settle(ground, rng, tenant, name, port)
            person.loot["dead token"] = old.get(tenant.slug, [])
            group.append(person)
    for victim in everybody[0]:
        if victim.tenant.keeps and victim.tenant.signs_in and victim.tenant.shares:
            await _open_to_all(victim, rng)
    for tenant in ground.tenants:
        tenant.shares_now = tenant.shares
    await ground.publish(*ground.tenants)
    return everybody[0], everybody[1]


def _member_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["member"])


async def settle(ground: Ground, rng: random.Random, tenant: Tenant, name: str, port: int) -> Person:
    """Let somebody sign in, open a chat and leave something there of each kind."""
    token, session_id = await sign_in(port, tenant, name), str(new_id(rng))
    # The platform gives a conversation its id; an app's own data layer takes the one that the page names.
    thread_id = "" if tenant.keeps else str(new_id(rng))
    headers = (("Host", tenant.host), *((("Cookie", f"access_token={token}"),) if token else ()))
    chat = await Chat.open(port, headers, socket_auth(session_id, thread_id))
    loot = {"token": [token] if token else [], "session": [session_id], "transport": [chat.transport_id]}
    person = Person(tenant, name, port, chat, loot, headers)
    first = new_id(rng)
    await chat.say(f"remember {person.private}", first)
    attached = answer_of(await chat.say(f"attach {person.private}", new_id(rng)))
    loot["file"], loot["element"] = [attached["file"]], [attached["element"], attached["document"]]
    await chat.say("cached key", new_id(rng))
    await chat.say(f"write {person.private}", new_id(rng))
    loot["key"] = [answer_of(await chat.say("key", new_id(rng)))]
    steps = [json.loads(frame[2:])[1] for frame in chat.heard if frame.startswith('42["new_message"')]
    loot["step"] = [steps[-1]["id"], str(first)]
    loot["thread"] = [(await look(person, rng))["in"]]
    await _rate_and_share(person)
    loot["path"] = [str(path) for path in ground.folder.rglob(f"{session_id}/{loot['file'][0]}*")]
    if tenant.keeps:
        await _until_kept(person, rng, str(first))
    person.state, person.record = await look(person, rng), await read(person)
    return person


async def _rate_and_share(person: Person) -> None:
    """Give the feedback that others will try to change, and a link to those who may share none any more."""
    feedback = {"forId": person.loot["step"][0], "value": 1, "threadId": person.loot["thread"][0]}
    asked = {"feedback": feedback, "sessionId": person.session_id}
    rated = await _until(lambda: _ask(person, "PUT", "/feedback", asked), lambda answer: answer.status == 200)
    person.loot["feedback"] = [json.loads(rated.body)["feedbackId"]]
    if not person.tenant.shares:
        # Shared while that was allowed: once it is not, the link leads nowhere.
        answer = await _share(person, person.loot["thread"][0])
        assert answer.status in {200, 401}, answer


async def _until_kept(person: Person, rng: random.Random, first: str) -> None:
    """Wait until the platform has stored everything, and mark a message for reuse."""

    def is_all_there(told: dict[str, Any]) -> bool:
        return bool(told["elements"] == 2 and told["rated"] == 1 and told["thread"])

    await _until(lambda: look(person, rng), is_all_there)
    addresses = answer_of(await person.chat.say("addresses", new_id(rng)))
    person.loot["address"] = ["/" + address.split("/", 3)[3] for address in addresses]
    if person.tenant.signs_in:
        marked = {"message": {"id": first, "metadata": {"favorite": True}}}
        person.chat.emit("message_favorite", marked)
        assert await person.chat.until('42["set_favorites",[{'), person.chat.heard


async def _open_to_all(person: Person, rng: random.Random) -> None:
    """Share a second conversation, of which only what was said is for others to read."""
    chat = await Chat.open(person.port, person.headers, socket_auth(str(new_id(rng))))
    await chat.say("note", new_id(rng))
    assert await chat.until('42["first_interaction"'), chat.heard
    begun = next(json.loads(frame[2:])[1] for frame in chat.heard if frame.startswith('42["first_interaction"'))
    # What the session holds is stored with the conversation once the page is gone.
    await chat.close()
    thread_id = begun["thread_id"]
    person.loot["open"] = [thread_id]
    path = f"/project/thread/{thread_id}"
    await _until(lambda: _ask(person, "GET", path), lambda answer: person.private.encode() in answer.body)
    answer = await _share(person, thread_id)
    assert answer.status == 200, answer


async def _share(person: Person, thread_id: str) -> Answer:
    return await _ask(person, "PUT", "/project/thread/share", {"threadId": thread_id, "isShared": True})


async def _ask(person: Person, method: str, path: str, body: object = None) -> Answer:
    connection = Connection(person.port)
    content = b"" if body is None else json.dumps(body).encode()
    answer = await connection.ask(Ask(method, path, (*person.headers, JSON), content))
    await connection.close()
    return answer


async def _until(ask: Callable[[], Awaitable[Found]], enough: Callable[[Found], bool]) -> Found:
    """Ask again until the answer is good enough: what is said is stored a little later."""
    async with asyncio.timeout(STORED_SECONDS):
        while not enough(answer := await ask()):  # noqa: ASYNC110 - another process's to store
            await asyncio.sleep(0.01)
    return answer
