"""Who takes part: in each tenant one person who minds her own chat, and one who attacks; and what can be stolen."""

import json
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.isolation.chat import Chat, answer_of
from tests.isolation.evidence import LeakError
from tests.isolation.tenants import Tenant
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
    """What her chat told of itself when all was there."""
    record: dict[str, Any] = field(default_factory=dict)
    """What the platform keeps of her conversation; empty where nobody may read it by its id."""

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


async def read(person: Person) -> dict[str, Any]:
    """Return what is kept of the person's conversation, as far as it does not change when she goes on talking."""
    if not (person.tenant.keeps and person.tenant.signs_in):
        return {}
    connection = Connection(person.port)
    answer = await connection.ask(Ask("GET", f"/project/thread/{person.loot['thread'][0]}", person.headers))
    await connection.close()
    if answer.status != 200:
        raise LeakError(f"the conversation of {person.name} at {person.tenant.slug} is gone", (answer.plain,))
    thread = json.loads(answer.body)
    return {
        "answer": answer.plain,
        "name": thread["name"],
        "shared": bool(thread["metadata"].get("is_shared")),
        "elements": sorted((each["id"], each["name"], json.dumps(each["props"])) for each in thread["elements"]),
        "said": {each["id"]: _as_said(each) for each in thread["steps"] if each["type"].endswith("message")},
    }


def _as_said(step: dict[str, Any]) -> tuple[str, object, bool]:
    return step["output"], (step["feedback"] or {}).get("value"), bool(step["metadata"].get("favorite"))
