"""Who takes part: in each tenant one person who minds her own chat, and one who attacks; and what can be stolen."""

import json
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.isolation.chat import Chat, answer_of
from tests.isolation.evidence import LeakError
from tests.isolation.ground import Ground
from tests.isolation.tenants import PEOPLE, Tenant
from tests.isolation.wire import Ask, Connection
from tests.runtime.chainlit_host.tenants_under_test import PASSWORD

FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass
class Person:
    """Somebody of a tenant: what they hold is what others would like to have."""

    tenant: Tenant
    name: str
    port: int
    chat: Chat
    loot: dict[str, list[str]]
    headers: tuple[tuple[str, str], ...]
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        """The id of the person's session."""
        return self.loot["session"][0]

    @property
    def private(self) -> str:
        """The word that what this person wrote carries."""
        return self.tenant.private(self.name)


def new_id(rng: random.Random) -> UUID:
    """Return a random UUID (version 4) that the seed decides."""
    return UUID(int=rng.getrandbits(128), version=4)


async def sign_in(port: int, tenant: Tenant, name: str) -> str:
    """Return a token, or an empty text where nobody signs in."""
    if not tenant.signs_in:
        return ""
    connection = Connection(port)
    if tenant.mode == "app":
        named = (("Host", tenant.host), ("X-Signed-In-As", name))
        answer = await connection.ask(Ask("POST", "/auth/header", named))
    else:
        form = f"username={name}&password={PASSWORD}".replace(" ", "+").encode()
        answer = await connection.ask(Ask("POST", "/login", (("Host", tenant.host), FORM), form))
    await connection.close()
    assert answer.status == 200, answer
    return answer.headers["set-cookie"].partition("access_token=")[2].partition(";")[0]


async def settle(ground: Ground, rng: random.Random, tenant: Tenant, name: str, port: int) -> Person:
    """Let somebody sign in, open a chat and leave something there of each kind."""
    token, session_id, thread_id = await sign_in(port, tenant, name), str(new_id(rng)), str(new_id(rng))
    headers = (("Host", tenant.host), *((("Cookie", f"access_token={token}"),) if token else ()))
    chat = await Chat.open(port, headers, socket_auth(session_id, thread_id))
    loot = {"token": [token] if token else [], "session": [session_id], "thread": [thread_id]}
    loot["transport"] = [chat.transport_id]
    person = Person(tenant, name, port, chat, loot, headers)
    await chat.say(f"remember {person.private}", new_id(rng))
    attached = answer_of(await chat.say(f"attach {person.private}", new_id(rng)))
    loot["file"], loot["element"] = [attached["file"]], [attached["element"]]
    await chat.say("cached key", new_id(rng))
    await chat.say(f"write {person.private}", new_id(rng))
    loot["key"] = [answer_of(await chat.say("key", new_id(rng)))]
    await _rate_and_share(person)
    loot["path"] = [str(path) for path in ground.folder.rglob(f"{session_id}/{loot['file'][0]}*")]
    person.state = await look(person, rng)
    return person


async def _rate_and_share(person: Person) -> None:
    """Give the feedback that others will try to change, and a link to those who may share none any more."""
    steps = [json.loads(frame[2:])[1] for frame in person.chat.heard if frame.startswith('42["new_message"')]
    person.loot["step"] = [steps[-1]["id"]]
    feedback = {"forId": steps[-1]["id"], "value": 1, "threadId": person.loot["thread"][0]}
    body = json.dumps({"feedback": feedback, "sessionId": person.session_id}).encode()
    connection = Connection(person.port)
    json_headers = (*person.headers, ("Content-Type", "application/json"))
    answer = await connection.ask(Ask("PUT", "/feedback", json_headers, body))
    assert answer.status == 200, answer
    feedback_id = json.loads(answer.body)["feedbackId"]
    if not person.tenant.shares:
        # Shared while that was allowed: once it is not, the link leads nowhere.
        body = json.dumps({"threadId": person.loot["thread"][0], "isShared": True}).encode()
        answer = await connection.ask(Ask("PUT", "/project/thread/share", json_headers, body))
        assert answer.status in {200, 401}, answer
    await connection.close()
    person.loot["feedback"] = [feedback_id]


def socket_auth(session_id: object, thread_id: object = "", profile: str = "") -> dict[str, Any]:
    """Return what a page sends when it connects."""
    more = {"clientType": "webapp", "userEnv": "{}", "chatProfile": profile}
    return {"sessionId": session_id, "threadId": thread_id, **more}


async def look(person: Person, rng: random.Random) -> dict[str, Any]:
    """Ask the person's own chat what it holds; raises ``LeakError`` when it is gone."""
    frames = await person.chat.say("state", new_id(rng))
    told = answer_of(frames)
    if told is None:
        raise LeakError(f"the chat of {person.name} at {person.tenant.slug} does not answer any more", frames)
    # The display name changes with each revision, which is the tenant's own doing.
    return {key: value for key, value in told.items() if key != "name"}


async def settle_all(ground: Ground, rng: random.Random) -> tuple[list[Person], list[Person]]:
    """Return everybody: who is attacked, and who attacks; tokens from before a sign-out are among the loot."""
    old: dict[str, list[str]] = {}
    for tenant in ground.tenants:
        if tenant.signs_in:
            old[tenant.slug] = [await sign_in(ground.ports[0], tenant, name) for name in PEOPLE]
            tenant.epoch += 1
    await ground.publish(*ground.tenants)
    everybody: list[list[Person]] = [[], []]
    for tenant in ground.tenants:
        port = rng.choice(ground.ports)
        for group, name in zip(everybody, PEOPLE, strict=True):
            person = await settle(ground, rng, tenant, name, port)
            person.loot["dead token"] = old.get(tenant.slug, [])
            group.append(person)
    for tenant in ground.tenants:
        tenant.shares_now = tenant.shares
    await ground.publish(*ground.tenants)
    return everybody[0], everybody[1]
