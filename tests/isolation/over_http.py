"""Moves over HTTP. Each asks as an attacker for something that belongs to a victim, or mixes up who is asking."""

import json
from urllib.parse import quote, urlencode

from tests.isolation.attack import Attack, move
from tests.isolation.evidence import LeakError
from tests.isolation.people import Person, new_id
from tests.isolation.spelling import HOSTILE, carried, climbing, host_of, worthless_token
from tests.isolation.wire import Answer, Ask

JSON = ("Content-Type", "application/json")
LANGUAGES = ("en-US", "de-DE", "fr", "ja", "pt-BR")
PAGES = (
    "/", "/login", "/thread/x", "/auth/config", "/project/settings", "/project/translations", "/logo", "/favicon",
    "/manifest.webmanifest",
)  # fmt: skip


def _as(attack: Attack, me: Person) -> tuple[tuple[str, str], ...]:
    """Return the headers of an attacker at home: the own credential under any spelling of the host."""
    return (("Host", host_of(me.tenant, attack.rng)), *me.headers[1:])


async def _try(attack: Attack, me: Person, method: str, path: str, body: object = None, **judged: object) -> Answer:
    headers = (*_as(attack, me), *((JSON,) if body is not None else ()))
    ask = Ask(method, path, headers, b"" if body is None else json.dumps(body).encode())
    return await attack.ask(ask, at=me.tenant, person=me.name, port=me.port, **judged)  # type: ignore[arg-type]


@move("page", 30)
async def page(attack: Attack) -> None:
    """See one's own tenant, in its newest revision and nobody else's."""
    me, victim = attack.foreign()
    extra: list[tuple[str, str]] = []
    if attack.rng.random() < 0.3:
        extra.append(("X-Forwarded-Host", victim.tenant.host))
    if attack.rng.random() < 0.3:
        extra.append(("Accept-Encoding", attack.rng.choice(["gzip", "br", "gzip, br", "identity"])))
    method = attack.rng.choice(["GET", "GET", "GET", "HEAD", "OPTIONS"])
    ask = Ask(method, attack.rng.choice(PAGES), (*_as(attack, me), *extra))
    await attack.ask(ask, at=me.tenant, person=me.name, current=True)


@move("host", 15)
async def host(attack: Attack) -> None:
    """Ask a host that is nobody's, several at once, or one thing in the address and another in the header."""
    me, victim = attack.foreign()
    path, own = attack.rng.choice(PAGES), me.tenant.host
    match attack.rng.randrange(5):
        case 0:
            ask = Ask("GET", path, (("Host", own), ("Host", victim.tenant.host), *me.headers[1:]))
            await attack.ask(ask, at=None, refused=True)
        case 1:
            await attack.ask(Ask("GET", path, me.headers[1:]), at=None, refused=True)
        case 2:
            # Servers pass the path of an absolute address on, so the header says whose the answer is.
            ask = Ask("GET", f"http://{victim.tenant.host}{path}", me.headers)
            await attack.ask(ask, at=me.tenant, person=me.name, current=True)
        case 3:
            hostile = "a." * 2**18 if attack.rng.random() < 0.002 else attack.rng.choice(HOSTILE)
            ask = Ask("GET", path, (("Host", hostile.replace("t1.", f"{victim.tenant.slug}.")), *me.headers[1:]))
            await attack.ask(ask, at=None, refused=True)
        case _:
            # Somebody else's host with one's own credential: one is a stranger there.
            ask = Ask("GET", path, (("Host", host_of(victim.tenant, attack.rng)), *me.headers[1:]))
            await attack.ask(ask, at=victim.tenant, current=True)


@move("token", 25)
async def token(attack: Attack) -> None:
    """Come with a token of another tenant, of before a sign-out, or a forged one."""
    me, victim = attack.foreign()
    value = worthless_token(me, victim, attack.rng)
    credential = carried(value, attack.rng)
    header = ("Host", host_of(me.tenant, attack.rng))
    path = attack.rng.choice(["/user", "/project/settings", "/auth/jwt", "/auth/header", "threads", "thread", "file"])
    refused = me.tenant.signs_in
    match path:
        case "/auth/header":
            # The app believes a header; that is offered only where the tenant lets the app decide who enters.
            ask = Ask("POST", path, (header, *credential, ("X-Signed-In-As", victim.name)))
            refused = me.tenant.mode != "app"
        case "/auth/jwt":
            ask = Ask("POST", path, (header, ("Authorization", f"Bearer {value}")))
            refused = True
        case "threads":
            query = json.dumps({"pagination": {"first": 20}, "filter": {}}).encode()
            ask = Ask("POST", "/project/threads", (header, *credential, JSON), query)
        case "thread":
            own = next(each for each in attack.scene.victims if each.tenant is me.tenant)
            ask = Ask("GET", f"/project/thread/{own.loot['thread'][0]}", (header, *credential))
        case "file":
            own = next(each for each in attack.scene.victims if each.tenant is me.tenant)
            # Where nobody signs in, the session's id is all the credential there is.
            path = f"/project/file/{own.loot['file'][0]}?session_id={own.session_id}"
            ask = Ask("GET", path, (header, *credential))
        case _:
            ask = Ask("GET", path, (header, *credential))
    await attack.ask(ask, at=me.tenant, refused=refused)


@move("session", 25)
async def session(attack: Attack) -> None:
    """Use somebody else's session for everything that HTTP can do with one."""
    me, victim = attack.cast()
    stolen = victim.session_id
    session_id = attack.rng.choice([stolen, stolen, stolen, stolen.upper(), f"{stolen}/", f"../{stolen}", ""])
    element = {"type": "custom", "id": victim.loot["element"][0], "name": "Card", "display": "inline"}
    action = {"name": "peek", "payload": {}, "label": "Peek"}
    method, path, body = attack.rng.choice(
        [
            ("GET", f"/project/file/{victim.loot['file'][0]}?{urlencode({'session_id': session_id})}", None),
            ("POST", "/project/action", {"action": action, "sessionId": session_id}),
            ("PUT", "/project/element", {"element": element, "sessionId": session_id}),
            ("DELETE", "/project/element", {"element": element, "sessionId": session_id}),
            ("POST", "/mcp", {"name": "tools", "sessionId": session_id}),
            ("DELETE", "/mcp", {"name": "tools", "sessionId": session_id}),
            ("PUT", "/feedback", {"feedback": {"forId": victim.loot["step"][0], "value": 0}, "sessionId": session_id}),
        ]
    )
    refused = (me.tenant.slug, stolen) not in attack.scene.reused
    answer = await _try(attack, me, method, path, body, refused=refused)
    if refused and answer.status not in {404, 422}:
        raise LeakError("the answer tells that there is such a session", (path, answer.plain))


@move("upload", 8)
async def upload(attack: Attack) -> None:
    """Put a file into somebody else's session."""
    me, victim = attack.cast()
    stolen = victim.session_id
    own = attack.rng.random() < 0.2
    session_id = me.session_id if own else attack.rng.choice([stolen, f"{stolen}/", f"../{stolen}", "../public/x", ""])
    lines = ["--cut", 'Content-Disposition: form-data; name="file"; filename="planted.txt"', "Content-Type: text/plain"]
    body = "\r\n".join([*lines, "", "planted", "--cut--", ""]).encode()
    headers = (*_as(attack, me), ("Content-Type", "multipart/form-data; boundary=cut"))
    ask = Ask("POST", f"/project/file?{urlencode({'session_id': session_id})}", headers, body)
    refused = not own and (me.tenant.slug, stolen) not in attack.scene.reused
    await attack.ask(ask, at=me.tenant, person=me.name, port=me.port, refused=refused)


@move("file", 12)
async def file(attack: Attack) -> None:
    """Read one's own file, and somebody else's out of one's own session."""
    me, victim = attack.cast()
    own = attack.rng.random() < 0.5
    file_id = me.loot["file"][0] if own else victim.loot["file"][0]
    await _try(attack, me, "GET", f"/project/file/{file_id}?session_id={me.session_id}", refused=not own)


@move("thread", 20)
async def thread(attack: Attack) -> None:
    """Read, rename, share, delete somebody else's thread; list one's own."""
    me, victim = attack.cast()
    if attack.rng.random() < 0.3:
        query = {"pagination": {"first": 50}, "filter": {"userId": attack.rng.choice([None, "user-0", "user-1"])}}
        await _try(attack, me, "POST", "/project/threads", query)
        return
    thread_id, element_id = victim.loot["thread"][0], attack.rng.choice(victim.loot["element"])
    method, path, body = attack.rng.choice(
        [
            ("GET", f"/project/thread/{thread_id}", None),
            ("GET", f"/project/share/{thread_id}", None),
            ("GET", f"/project/thread/{thread_id}/element/{element_id}", None),
            ("GET", f"/project/thread/{me.loot['thread'][0]}/element/{element_id}", None),
            ("PUT", "/project/thread", {"threadId": thread_id, "name": "taken"}),
            ("PUT", "/project/thread/share", {"threadId": thread_id, "isShared": True}),
            ("DELETE", "/project/thread", {"threadId": thread_id}),
        ]
    )
    own = f"thread/{me.loot['thread'][0]}" in path
    refused = not own and (me.tenant.slug, thread_id) not in attack.scene.reused
    await _try(attack, me, method, path, body, refused=refused)


@move("element", 10)
async def element(attack: Attack) -> None:
    """Change or remove somebody else's element out of one's own session."""
    me, victim = attack.cast()
    thread_id = attack.rng.choice([victim.loot["thread"][0], me.loot["thread"][0], "", None])
    changed = {"type": "custom", "id": victim.loot["element"][0], "threadId": thread_id, "name": "Card"}
    body = {"element": {**changed, "display": "inline", "props": {"of": "x"}}, "sessionId": me.session_id}
    await _try(attack, me, attack.rng.choice(["PUT", "DELETE"]), "/project/element", body, refused=True)


@move("feedback", 10)
async def feedback(attack: Attack) -> None:
    """Rate somebody else's message, change or take back somebody else's rating.

    Where the platform keeps conversations, a rating is of a message and nothing else that is named counts.
    """
    me, victim = attack.cast()
    if attack.rng.random() < 0.4:
        await _try(attack, me, "DELETE", "/feedback", {"feedbackId": victim.loot["feedback"][0]}, refused=True)
        return
    given = {
        "forId": attack.rng.choice([victim.loot["step"][0], me.loot["step"][0]]),
        "id": attack.rng.choice([victim.loot["feedback"][0], None]),
        "threadId": attack.rng.choice([victim.loot["thread"][0], me.loot["thread"][0], None]),
        "value": 0,
    }
    own = given["forId"] == me.loot["step"][0]
    if given["id"] is None and own:
        given["threadId"] = victim.loot["thread"][0]
    reused = (me.tenant.slug, victim.loot["thread"][0]) in attack.scene.reused
    await _try(
        attack,
        me,
        "PUT",
        "/feedback",
        {"feedback": given, "sessionId": me.session_id},
        refused=not (own if me.tenant.keeps else reused),
    )


@move("settings", 20)
async def settings(attack: Attack) -> None:
    """Ask for settings as another person, in another language, of another profile; each gets their own."""
    me, victim = attack.cast()
    person = attack.rng.choice([me, victim])
    language, profile = attack.rng.choice(LANGUAGES), attack.rng.choice(["", "plain", "named", "missing"])
    query = {"language": language, **({"chat_profile": profile} if profile else {})}
    headers = (*_as(attack, person), ("Accept-Language", attack.rng.choice(LANGUAGES)))
    ask = Ask("GET", f"/project/settings?{urlencode(query)}", headers)
    answer = await attack.ask(ask, at=person.tenant, person=person.name, current=profile != "named")
    whose = person.name if person.tenant.signs_in else "anyone"
    if answer.status == 200 and f"{whose} reads {language}".encode() not in answer.plain:
        raise LeakError("the settings were made for another person or language", (ask, answer.plain))
    renamed = f"profile of {person.tenant.canary}".encode() in answer.plain
    if answer.status == 200 and renamed is not (profile == "named"):
        raise LeakError("the settings of another chat profile were answered", (ask, answer.plain))


@move("etag", 8)
async def etag(attack: Attack) -> None:
    """Claim to know another tenant's page already."""
    me, victim = attack.foreign()
    path = attack.rng.choice(["/", "/login"])
    theirs = await attack.ask(Ask("GET", path, (("Host", victim.tenant.host),)), at=victim.tenant, current=True)
    known = ("If-None-Match", theirs.headers.get("etag", '"x"'))
    answer = await attack.ask(Ask("GET", path, (*_as(attack, me), known)), at=me.tenant, current=True)
    if answer.status == 304:
        raise LeakError("another tenant's page was taken for one's own", (known,))


@move("origin", 12)
async def origin(attack: Attack) -> None:
    """Call from a page of another tenant or of anywhere."""
    me, victim = attack.foreign()
    foreign = attack.rng.choice(
        [f"http://{victim.tenant.host}", f"http://{victim.tenant.host}:80", "https://evil.example", "null", "*"]
    )
    named = ("Origin", foreign)
    path = attack.rng.choice(["/user", "/project/settings", "/auth/config", "/"])
    answer = await attack.ask(Ask("GET", path, (*_as(attack, me), named)), at=me.tenant, person=me.name)
    if answer.headers.get("access-control-allow-origin") in {foreign, "*"}:
        raise LeakError(f"pages of {foreign} may read {me.tenant.slug}", (answer.plain,))
    wanted = ("Access-Control-Request-Method", "PUT")
    await attack.ask(Ask("OPTIONS", path, (*_as(attack, me), named, wanted)), at=me.tenant, refused=True)
    polling = Ask("GET", "/ws/socket.io/?EIO=4&transport=polling", (*_as(attack, me), named))
    await attack.ask(polling, at=me.tenant, refused=True)


@move("path", 12)
async def path(attack: Attack) -> None:
    """Climb out of a folder."""
    me, victim = attack.cast()
    below = attack.rng.choice(["/public/", "/assets/", "/copilot/", "/avatars/", "//public/", "/./public/"])
    target = below + climbing(victim.loot["path"][0], attack.rng)
    answer = await attack.ask(Ask("GET", target, _as(attack, me)), at=me.tenant, person=me.name)
    if b"uses as much of Chainlit" in answer.plain:
        raise LeakError("the app's source was answered", (target,))


@move("oauth", 6)
async def oauth(attack: Attack) -> None:
    """Bring the state of a sign-in that was begun at one tenant to another."""
    apps = [each for each in attack.scene.attackers if each.tenant.mode == "app"]
    if len(apps) < 2:
        await page(attack)
        return
    me, other = attack.rng.sample(apps, 2)
    begun = await attack.ask(Ask("GET", "/auth/oauth/generic", (("Host", other.tenant.host),)), at=other.tenant)
    state = begun.headers["location"].partition("state=")[2].partition("&")[0]
    state = attack.rng.choice([state, state, f"x{state}", state.partition(".")[0], "x.y"])
    query = urlencode({"code": "any", "state": state})
    headers = (("Host", me.tenant.host), ("Cookie", f"oauth_state={quote(state, safe='.-_')}"))
    ask = Ask("GET", f"/auth/oauth/generic/callback?{query}", headers)
    if attack.rng.random() < 0.5:
        # As a provider that posts people back: no cookie comes along from another site.
        form = ("Content-Type", "application/x-www-form-urlencoded")
        ask = Ask("POST", "/auth/oauth/azure-ad-hybrid/callback", (headers[0], form), query.encode())
    answer = await attack.ask(ask, at=me.tenant)
    if b"access_token=" in answer.head:
        raise LeakError("a sign-in begun elsewhere was finished", (state, answer.plain))


@move("publish", 1)
async def publish(attack: Attack) -> None:
    """Change a tenant; from then on nobody may see how it was."""
    me, _ = attack.cast()
    async with attack.scene.moved:
        await attack.scene.ground.publish(me.tenant)
    await attack.ask(Ask("GET", "/", me.headers), at=me.tenant, person=me.name, current=True)
    await _try(attack, me, "GET", f"/project/settings?x={new_id(attack.rng)}", current=True)


@move("move a host", 1)
async def move_a_host(attack: Attack) -> None:
    """Give a host to another tenant; from then on it leads there."""
    ground = attack.scene.ground
    async with attack.scene.moved:
        giver = next(tenant for tenant in ground.tenants if ground.floating in tenant.hosts)
        taker = attack.rng.choice([tenant for tenant in ground.tenants if tenant is not giver])
        ask = Ask("GET", attack.rng.choice(["/", "/auth/config", "/project/settings"]), (("Host", ground.floating),))
        for _ in range(2):
            await attack.ask(ask, at=giver, current=True)
        giver.hosts.remove(ground.floating)
        taker.hosts.append(ground.floating)
        await ground.publish(giver, taker)
        await attack.ask(ask, at=taker, current=True)
