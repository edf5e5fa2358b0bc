"""Moves against previews: somebody else's draft, and what a draft or the live chat may take from each other."""

import json
from urllib.parse import urlencode

import jwt

from tests.isolation.attack import Attack, move
from tests.isolation.chat import SOCKET, Chat, RefusedError
from tests.isolation.drafts import Draft, keep_draft, preview_token, with_token
from tests.isolation.evidence import LeakError
from tests.isolation.over_sockets import look_at, tell
from tests.isolation.people import Person, new_id
from tests.isolation.people import socket_auth as auth_of
from tests.isolation.spelling import UNSAFE, forged_for, host_of, worthless_token
from tests.isolation.wire import Answer, Ask

PATHS = (
    "", "project/settings", "_live/state", "login", "thread/x", "manifest.webmanifest", "public/words.txt",
    "ws/socket.io/?EIO=4&transport=polling",
)  # fmt: skip
POLLING = f"{SOCKET}polling".lstrip("/")


async def draft_of(attack: Attack, person: Person, **options: float) -> Draft:
    """Let somebody type something."""
    return await keep_draft(attack.scene.ground, person, attack.rng, **options)


async def look(attack: Attack, draft: Draft, path: str) -> Answer:
    """Ask below one's own draft, which must be answered."""
    attack.drafted = draft.word.encode()
    ask = Ask("GET", f"{draft.path}{path}", draft.headers)
    answer = await attack.ask(ask, at=draft.person.tenant, person=draft.person.name, port=draft.person.port)
    attack.drafted = b""
    return answer


@move("preview", 4)
async def preview(attack: Attack) -> None:
    """See one's own draft below its address, and what is live everywhere else."""
    me, _ = attack.foreign()
    draft = await draft_of(attack, me)
    for path in attack.rng.sample(["", "project/settings", "_live/state"], 2):
        answer = await look(attack, draft, path)
        if draft.word.encode() not in answer.plain:
            raise LeakError(f"“{path}” of a draft does not show it", (answer.plain,))
        live = path if path != "_live/state" else "auth/config"
        # The previews' cookie by itself makes no page another.
        await attack.ask(Ask("GET", f"/{live}", draft.headers), at=me.tenant, person=me.name, current=True)


@move("preview stranger", 12)
async def stranger(attack: Attack) -> None:
    """Ask for somebody else's draft, with all that one can come by but the one sign-in."""
    rng, (me, victim) = attack.rng, attack.foreign()
    draft, own = await draft_of(attack, victim), await draft_of(attack, me)
    ground = attack.scene.ground
    other = str(new_id(rng))
    tokens = (
        "",
        own.token,
        preview_token(ground, victim, member=other, sign_in=str(new_id(rng))),
        preview_token(ground, victim, member=draft.member, sign_in=other),
        preview_token(ground, victim, member=other, sign_in=draft.sign_in),
        preview_token(ground, victim, member=draft.member, sign_in=draft.sign_in, epochs_ago=1),
        preview_token(ground, me, member=draft.member, sign_in=draft.sign_in),
        _resigned(draft.token, rng.choice(["", UNSAFE, me.loot["key"][0]])),
        forged_for(victim.tenant, victim, rng.choice(["", UNSAFE])),
        worthless_token(me, victim, rng),
        victim.loot["token"][0] if victim.loot["token"] else "x.y.z",
    )
    host = ("Host", host_of(victim.tenant, rng))
    headers = (host, *with_token(me, rng.choice(tokens))[1:])
    if rng.random() < 0.2:
        # In another place than the cookie it is nothing, however right.
        headers = (host, *rng.choice([(("Authorization", f"Bearer {draft.token}"),), _cookie("access_token", draft)]))
    ask = Ask("GET", f"{draft.path}{rng.choice(PATHS)}", headers)
    await attack.ask(ask, at=victim.tenant, refused=True, port=victim.port)
    await _try_socket(attack, draft, headers)


@move("preview elsewhere", 6)
async def elsewhere(attack: Attack) -> None:
    """Ask with the right cookie at another tenant's host, after the end, or under another address."""
    rng, (me, victim) = attack.rng, attack.foreign()
    way = rng.randrange(3)
    # Who opened a draft before its end holds it in that process.
    draft = await draft_of(attack, victim, lasts_seconds=-rng.random() if way == 0 else 3600.0)
    path, at = draft.path, victim.tenant
    if way == 1:
        at = me.tenant
        # Of the very member and sign-in, as far as the attacker's own tenant can say so.
        token = preview_token(attack.scene.ground, me, member=draft.member, sign_in=draft.sign_in)
        headers = (("Host", host_of(me.tenant, rng)), *with_token(me, rng.choice([token, draft.token]))[1:])
    else:
        headers = draft.headers
    if way == 2:
        path = _misspelt(attack, draft.secret)
    ask = Ask("GET", f"{path}{rng.choice(PATHS)}", headers)
    await attack.ask(ask, at=at, refused=True, port=victim.port)
    if way != 2:
        await _try_socket(attack, draft, headers)


@move("preview transport", 6)
async def transport(attack: Attack) -> None:
    """Reach a transport of the live chat, or of another draft, from within a preview, and the other way round."""
    rng, (me, victim) = attack.rng, attack.foreign()
    draft, second = await draft_of(attack, me), await draft_of(attack, me)
    theirs = await _open_transport(attack, victim, f"/{POLLING}", victim.headers, port=me.port)
    own_live = await _open_transport(attack, me, f"/{POLLING}", me.headers, port=me.port)
    drafted = await _open_transport(attack, me, f"{draft.path}{POLLING}", draft.headers, port=me.port)
    twice = draft.path[:-1] + draft.path
    reached = (
        (rng.choice([draft.path, twice, "/"]), theirs),
        (rng.choice([draft.path, twice]), own_live),
        (rng.choice([second.path, "/", second.path[:-1] + draft.path]), drafted),
    )
    for prefix, sid in reached:
        target = f"{prefix}{POLLING}&{urlencode({'sid': sid})}"
        for method, body in (("POST", b"1"), ("GET", b"")):
            ask = Ask(method, target, draft.headers, body)
            await attack.ask(ask, at=me.tenant, person=me.name, port=me.port, refused=True, seconds=3)
        try:
            chat = await Chat.open(me.port, draft.headers, None, sid=sid, prefix=prefix[:-1])
        except RefusedError as refused:
            attack.count(refused.answer)
        else:
            await chat.close()
            raise LeakError("a transport was upgraded that was opened elsewhere", chat.heard)


@move("preview session", 5)
async def session(attack: Attack) -> None:
    """Come back to a session of the live chat in a preview, to one of a preview in the live chat, and ask both."""
    rng, (me, _) = attack.rng, attack.foreign()
    draft = await draft_of(attack, me)
    live = next(each for each in attack.scene.victims if each.tenant is me.tenant)
    session_id = rng.choice([me.session_id, live.session_id, str(new_id(rng))])
    key = f"key{rng.getrandbits(32)}"
    async with attack.scene.turn((draft.secret, session_id)):
        drafted = await _open_chat(attack, draft, auth_of(session_id))
        attack.drafted = draft.word.encode()
        try:
            told = await tell(attack, drafted, me, "state")
            if not isinstance(told, dict) or told["remembered"] or told["files"] or draft.word not in told["name"]:
                raise LeakError("a preview took up a session of the live chat", (told,))
            for command in (f"cached {key}", "resource", f"write {draft.word}", "broadcast"):
                await tell(attack, drafted, me, command)
        finally:
            attack.drafted = b""
        # With the same keys and names, where the draft's word must not be found.
        async with attack.scene.turn(me.session_id):
            for command in (f"cached {key}", "resource", "env WRITTEN"):
                await tell(attack, me.chat, me, command)
            attack.judge_frames(me.chat.heard, me)
        await look_at(attack, live)
        drafted.emit("clear_session")
        await drafted.close()


async def _open_transport(
    attack: Attack, person: Person, target: str, headers: tuple[tuple[str, str], ...], *, port: int
) -> str:
    answer = await attack.ask(Ask("GET", target, headers), at=person.tenant, person=person.name, port=port)
    if answer.status != 200:
        raise LeakError("one's own transport is refused", (answer.plain,))
    return str(json.loads(answer.body[1:])["sid"])


async def _open_chat(attack: Attack, draft: Draft, auth: object) -> Chat:
    attack.drafted = draft.word.encode()
    try:
        chat = await Chat.open(draft.person.port, draft.headers, auth, prefix=draft.path[:-1])
    except RefusedError as refused:
        attack.count(refused.answer)
        raise LeakError("one's own preview is refused", (refused.answer.plain, *refused.frames)) from refused
    attack.count(chat.answer)
    attack.judge_frames(chat.heard, draft.person)
    attack.drafted = b""
    return chat


async def _try_socket(attack: Attack, draft: Draft, headers: tuple[tuple[str, str], ...]) -> None:
    attack.trace.append(f"socket of {draft.path}: {headers}")
    try:
        auth = auth_of(str(new_id(attack.rng)))
        chat = await Chat.open(draft.person.port, headers, auth, prefix=draft.path[:-1])
    except RefusedError as refused:
        attack.count(refused.answer)
        attack.judge(refused.answer.plain + "\n".join(refused.frames).encode(), at=draft.person.tenant)
        return
    await chat.close()
    raise LeakError("somebody's preview was opened who may not see it", (headers, *chat.heard))


def _misspelt(attack: Attack, secret: str) -> str:
    """Return an address that is nearly a draft's."""
    other = "A" if secret[-1] != "A" else "B"
    return attack.rng.choice(
        [
            f"/_preview/{secret[:-1]}{other}/",
            f"/_preview/{secret.swapcase()}/",
            f"/_preview/{secret}%2F",
            f"/_preview%2F{secret}/",
            f"/%5Fpreview/{secret}/",
            f"/_preview//{secret}/",
            f"/_preview/{secret[:-1]}%{ord(secret[-1]):02x}/",
            f"/_preview/{secret}%00/",
            f"/_preview/{secret}/_preview/{secret}/",
        ]
    )


def _resigned(token: str, key: str) -> str:
    """Return a token that says the same, signed with another key or none."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm="HS256" if key else "none")


def _cookie(name: str, draft: Draft) -> tuple[tuple[str, str], ...]:
    return (("Cookie", f"{name}={draft.token}"),)
