"""Moves over sockets: other people's sessions, threads and transports, and what a chat tells of its tenant."""

import asyncio
import json
from urllib.parse import urlencode

from tests.isolation.attack import Attack, move
from tests.isolation.chat import SOCKET, Chat, RefusedError, answer_of
from tests.isolation.evidence import LeakError
from tests.isolation.people import Person, look, new_id, read
from tests.isolation.people import socket_auth as auth_of
from tests.isolation.spelling import carried, host_of, worthless_token
from tests.isolation.wire import Ask

TELLING = (
    "state", "history", "cached key", "env CANARY", "env PLAIN", "env WRITTEN", "env OAUTH_GENERIC_CLIENT_SECRET",
    "resource", "requested", "thread CANARY", "thread WRITTEN",
)  # fmt: skip


async def open_chat(
    attack: Attack, person: Person, auth: object, *, headers: object = None, greeted: bool = True
) -> Chat | None:
    """Open a chat and judge all that comes with it; None where it is refused."""
    attack.trace.append(f"socket of {person.name} at {person.tenant.slug}: {auth} {headers or ''}")
    try:
        chat = await Chat.open(person.port, headers or person.headers, auth, greeted=greeted)  # type: ignore[arg-type]
    except RefusedError as refused:
        attack.count(refused.answer)
        attack.judge(refused.answer.plain + "\n".join(refused.frames).encode(), at=person.tenant)
        return None
    attack.count(chat.answer)
    attack.judge_frames(chat.heard, person)
    return chat


async def tell(attack: Attack, chat: Chat, person: Person, command: str) -> object:
    """Give the app a command in somebody's chat, judge all that comes and return the answer."""
    frames = await chat.say(command, new_id(attack.rng))
    attack.scene.requests += 1
    attack.judge_frames(frames, person)
    return answer_of(frames)


@move("talk", 14)
async def talk(attack: Attack) -> None:
    """Ask one's own chat for all that the app knows."""
    me, _ = attack.cast()
    async with attack.scene.turn(me.session_id):
        command = attack.rng.choice(TELLING)
        told = await tell(attack, me.chat, me, command)
    if command in {"env CANARY", "thread CANARY", "resource"} and told != me.tenant.canary:
        raise LeakError(f"“{command}” does not answer with the tenant's own", (told,))
    if command == "requested" and told != me.tenant.host:
        raise LeakError("the request of the chat is not its own", (told,))


@move("broadcast", 2)
async def broadcast(attack: Attack) -> None:
    """Let the app send something to everybody; who hears it is judged with the next look at the victims."""
    me, victim = attack.foreign()
    async with attack.scene.turn(me.session_id):
        await tell(attack, me.chat, me, "broadcast")
    await look_at(attack, victim)


@move("fail", 2)
async def fail(attack: Attack) -> None:
    """Let the app fail: its words stay in the log."""
    me, _ = attack.cast()
    async with attack.scene.turn(me.session_id):
        frames = await me.chat.say("fail", new_id(attack.rng))
    attack.scene.requests += 1
    attack.judge_frames(frames, me)
    if any('"output": "canary' in frame.replace('":"', '": "') for frame in frames):
        raise LeakError("a failure was told in its own words", frames)


@move("socket", 4)
async def socket(attack: Attack) -> None:
    """Open a chat with somebody else's session and thread."""
    me, victim = attack.cast()
    session_id = attack.rng.choice([victim.session_id, victim.session_id, str(new_id(attack.rng))])
    thread_id = attack.rng.choice(["", victim.loot["thread"][0]])
    if me.tenant is not victim.tenant:
        attack.scene.reused.add((me.tenant.slug, session_id))
        if not me.tenant.keeps:
            # The platform gives conversations their ids.
            attack.scene.reused.add((me.tenant.slug, thread_id))
    auth = auth_of(session_id, thread_id, attack.rng.choice(["", "plain", "named", "missing"]))
    async with attack.scene.turn((me.tenant.slug, session_id)):
        chat = await open_chat(attack, me, auth)
        if chat is None:
            return
        if me.tenant is victim.tenant and (session_id == victim.session_id or (thread_id and not me.tenant.keeps)):
            raise LeakError("somebody else's session or thread was opened", chat.heard)
        for command in attack.rng.sample(TELLING, 2):
            await tell(attack, chat, me, command)
        if session_id != victim.session_id:
            chat.emit("clear_session")
        await chat.close()


@move("socket token", 4)
async def socket_token(attack: Attack) -> None:
    """Open a chat with a token of another tenant, a forged one or one from before a sign-out."""
    me, victim = attack.foreign()
    value = worthless_token(me, victim, attack.rng)
    headers = (("Host", host_of(me.tenant, attack.rng)), *carried(value, attack.rng))
    own = next(each for each in attack.scene.victims if each.tenant is me.tenant)
    session_id = own.session_id if me.tenant.signs_in else str(new_id(attack.rng))
    chat = await open_chat(attack, me, auth_of(session_id), headers=headers)
    if chat is not None:
        signed_in = me.tenant.signs_in
        chat.emit("clear_session")
        await chat.close()
        if signed_in:
            raise LeakError("a worthless token opened a chat", (headers, *chat.heard))


@move("socket origin", 3)
async def socket_origin(attack: Attack) -> None:
    """Open a chat from a page of another tenant."""
    me, victim = attack.foreign()
    named = ("Origin", attack.rng.choice([f"http://{victim.tenant.host}", "https://evil.example", "null"]))
    chat = await open_chat(attack, me, auth_of(str(new_id(attack.rng))), headers=(*me.headers, named))
    if chat is not None:
        await chat.close()
        raise LeakError(f"a page of {named[1]} opened a chat", chat.heard)


@move("session id", 3)
async def session_id(attack: Attack) -> None:
    """Open a chat under an id that would lead into another folder."""
    me, victim = attack.cast()
    stolen = victim.session_id
    folder = f"../{victim.tenant.tenant_id}/{stolen}"
    name = attack.rng.choice([f"{stolen}/", folder, "", "../public/x", f"{stolen}\x00", None, [stolen], {}])
    chat = await open_chat(attack, me, auth_of(name), greeted=False)
    if chat is not None:
        chat.emit("clear_session")
        await chat.close()
        raise LeakError("a chat was opened under an id that is none", (name,))


@move("leftovers", 2)
async def leftovers(attack: Attack) -> None:
    """End a chat, and let somebody else of the tenant come with its id."""
    # The second tenant signs in, however few there are.
    me = attack.rng.choice([each for each in attack.scene.attackers if each.tenant.signs_in])
    other = next(each for each in attack.scene.victims if each.tenant is me.tenant)
    auth = auth_of(str(new_id(attack.rng)))
    chat = await open_chat(attack, me, auth)
    if chat is None:
        raise LeakError("one's own chat is refused")
    await tell(attack, chat, me, f"remember {me.private}")
    chat.emit("clear_session")
    await chat.close()
    for _ in range(20):
        # Refused for as long as the session still ends.
        if (again := await open_chat(attack, other, auth)) is not None:
            for command in ("state", "history"):
                await tell(attack, again, other, command)
            again.emit("clear_session")
            await again.close()
            return
        await asyncio.sleep(0.02)


@move("folder", 1)
async def folder(attack: Attack) -> None:
    """End a session of one's own that has the id of somebody else's: what is removed is one's own."""
    me, victim = attack.foreign()
    attack.scene.reused.add((me.tenant.slug, victim.session_id))
    async with attack.scene.turn((me.tenant.slug, victim.session_id)):
        chat = await open_chat(attack, me, auth_of(victim.session_id))
        if chat is None:
            return
        await tell(attack, chat, me, "attach note")
        chat.emit("clear_session")
        await chat.close()
    await look_at(attack, victim)


@move("transport", 6)
async def transport(attack: Attack) -> None:
    """Read, write, close and upgrade a transport that was opened at another tenant."""
    me, victim = attack.foreign()
    polling = f"{SOCKET}polling"
    opened = await attack.ask(Ask("GET", polling, victim.headers), at=victim.tenant, port=victim.port)
    sid = json.loads(opened.body[1:])["sid"]
    theirs = f"{polling}&{urlencode({'sid': sid})}"
    for method, body in (("POST", b"1"), ("POST", b'42["client_message",{}]'), ("GET", b"")):
        ask = Ask(method, theirs, me.headers, body)
        await attack.ask(ask, at=me.tenant, port=victim.port, refused=True, seconds=3)
    try:
        chat = await Chat.open(victim.port, me.headers, None, sid=sid)
    except RefusedError as refused:
        attack.count(refused.answer)
    else:
        await chat.close()
        raise LeakError("another tenant's transport was upgraded", chat.heard)
    close = Ask("POST", theirs, victim.headers, b"1")
    answer = await attack.ask(close, at=victim.tenant, person=victim.name, port=victim.port)
    if answer.status != 200:
        raise LeakError("a stranger closed a transport", (answer.plain,))


@move("look", 3)
async def look_at_victims(attack: Attack) -> None:
    """See whether anything of a victim has changed."""
    await look_at(attack, attack.rng.choice(attack.scene.victims))


async def look_at(attack: Attack, victim: Person) -> None:
    async with attack.scene.turn(victim.session_id):
        attack.judge_frames(victim.chat.heard, victim)
        now = await look(victim, attack.rng)
        attack.scene.requests += 1
        attack.judge_frames(victim.chat.heard, victim)
        if now != victim.state:
            raise LeakError(f"something of {victim.name} at {victim.tenant.slug} was changed", (victim.state, now))
    await _look_into_history(attack, victim)
    file = Ask("GET", f"/project/file/{victim.loot['file'][0]}?session_id={victim.session_id}", victim.headers)
    answer = await attack.ask(file, at=victim.tenant, person=victim.name, port=victim.port)
    if not answer.body.endswith(b"in a file"):
        raise LeakError(f"a file of {victim.name} at {victim.tenant.slug} is gone", (answer.plain,))


async def _look_into_history(attack: Attack, victim: Person) -> None:
    if not (known := victim.record):
        return
    record = await read(victim)
    attack.scene.requests += 1
    attack.judge(record.pop("answer"), at=victim.tenant, person=victim.name)
    record["said"] = {step_id: record["said"].get(step_id) for step_id in known["said"]}
    if record != {name: value for name, value in known.items() if name != "answer"}:
        raise LeakError(f"the conversation of {victim.name} at {victim.tenant.slug} was changed", (known, record))
