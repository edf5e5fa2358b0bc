"""Moves against conversations that the platform keeps: ids, addresses of files, favourites, links and old threads."""

import json
import time
from collections.abc import Sequence

from tests.isolation.attack import Attack, move
from tests.isolation.chat import Chat
from tests.isolation.evidence import LeakError
from tests.isolation.over_sockets import look_at, open_chat, tell
from tests.isolation.people import Person, new_id, socket_auth
from tests.isolation.spelling import host_of, sealed_address, tampered_address
from tests.isolation.wire import Ask

HOUR = 3600


def _keeping(people: Sequence[Person], *, signed_in: bool = False) -> list[Person]:
    return [each for each in people if each.tenant.keeps and (each.tenant.signs_in or not signed_in)]


def _neighbours(attack: Attack, *, signed_in: bool = True) -> tuple[Person, Person]:
    """Return who attacks and who is attacked, of one tenant; the second tenant keeps conversations and signs in."""
    victim = attack.rng.choice(_keeping(attack.scene.victims, signed_in=signed_in))
    return next(each for each in attack.scene.attackers if each.tenant is victim.tenant), victim


@move("stored file", 10)
async def stored_file(attack: Attack) -> None:
    """Read a file of somebody's conversation: as its owner, on another host, or by a worthless address."""
    victim = attack.rng.choice(_keeping(attack.scene.victims))
    other = attack.rng.choice([each for each in attack.scene.attackers if each.tenant is not victim.tenant])
    address, tenant = attack.rng.choice(victim.loot["address"]), victim.tenant
    epoch, until = tenant.epoch, int(time.time()) + HOUR
    stranger = (("Host", host_of(tenant, attack.rng)),)
    match attack.rng.randrange(7):
        case 0:
            answer = await attack.ask(Ask("GET", address, victim.headers), at=tenant, person=victim.name)
            _check_is_file(victim, answer.body)
        case 1:
            ask = Ask("GET", address, (("Host", host_of(other.tenant, attack.rng)), *other.headers[1:]))
            await attack.ask(ask, at=other.tenant, person=other.name, refused=True)
        case 2:
            ask = Ask("GET", tampered_address(address, attack.rng), stranger)
            await attack.ask(ask, at=tenant, refused=True)
        case 3:
            # As the platform would make it, to see that the next ones are refused for the right reason.
            good = sealed_address(address, key_of=tenant.tenant_id, epoch=epoch, until=until)
            answer = await attack.ask(Ask("GET", good, stranger), at=tenant, person=victim.name)
            _check_is_file(victim, answer.body)
        case 4:
            past = sealed_address(address, key_of=tenant.tenant_id, epoch=epoch, until=until - 2 * HOUR)
            await attack.ask(Ask("GET", past, stranger), at=tenant, refused=True)
        case 5:
            dead = sealed_address(address, key_of=tenant.tenant_id, epoch=epoch - 1, until=until)
            await attack.ask(Ask("GET", dead, stranger), at=tenant, refused=True)
        case _:
            foreign = sealed_address(address, key_of=other.tenant.tenant_id, epoch=epoch, until=until)
            await attack.ask(Ask("GET", foreign, stranger), at=tenant, refused=True)


def _check_is_file(owner: Person, body: bytes) -> None:
    if body != f"{owner.tenant.canary} in a file".encode():
        raise LeakError(f"a stored file of {owner.name} at {owner.tenant.slug} is gone", (body,))


@move("published file", 6)
async def published_file(attack: Attack) -> None:
    """Read a published file on its tenant's hosts and on others, under the own name or the owner's."""
    me, victim = attack.foreign()
    path, own = attack.scene.ground.published[victim.tenant.slug], attack.rng.random() < 0.3
    if own:
        answer = await attack.ask(Ask("GET", path, victim.headers[:1]), at=victim.tenant)
        if victim.tenant.canary.encode() not in answer.plain:
            raise LeakError(f"a published file of {victim.tenant.slug} is gone", (answer.plain,))
        return
    digest = path.rpartition("/")[2]
    disguised = [path, f"/_assets/{me.tenant.tenant_id}/{digest}", f"/_assets/{me.tenant.tenant_id}/..{path[8:]}"]
    ask = Ask("GET", attack.rng.choice(disguised), (("Host", host_of(me.tenant, attack.rng)), *me.headers[1:]))
    await attack.ask(ask, at=me.tenant, person=me.name, refused=True)


@move("resume", 2)
async def resume(attack: Attack) -> None:
    """Take up one's own conversation again, or somebody else's."""
    me = attack.rng.choice(_keeping(attack.scene.attackers, signed_in=True))
    own = attack.rng.random() < 0.3
    whose = me if own else attack.rng.choice(_keeping([each for each in attack.scene.victims if each is not me]))
    thread_id = whose.loot["thread"][0]
    chat = await open_chat(attack, me, socket_auth(str(new_id(attack.rng)), thread_id))
    if chat is None:
        raise LeakError("one's own chat is refused", (thread_id,))
    if own and not await chat.until('42["resume_thread"'):
        raise LeakError("one's own conversation is not taken up", chat.heard)
    attack.judge_frames(chat.heard, me)
    if not own:
        told = await tell(attack, chat, me, "state")
        if not isinstance(told, dict) or told["in"] == thread_id:
            raise LeakError("somebody else's conversation was taken up", (told,))
    await _leave(chat)


@move("forge", 1)
async def forge(attack: Attack) -> None:
    """Say, edit and mark something under the id of somebody else's message."""
    me, victim = _neighbours(attack)
    stolen = attack.rng.choice(victim.loot["step"])
    chat = await open_chat(attack, me, socket_auth(str(new_id(attack.rng))))
    if chat is None:
        raise LeakError("one's own chat is refused")
    attack.judge_frames(await chat.say(f"remember {me.private}", stolen), me)
    attack.scene.requests += 3
    chat.heard.clear()
    chat.emit("edit_message", {"message": {"id": stolen, "output": f"remember {me.private} planted"}})
    await chat.until('42["task_end"')
    chat.emit("message_favorite", {"message": {"id": stolen, "metadata": {"favorite": attack.rng.random() < 0.5}}})
    chat.emit("fetch_favorites")
    await chat.until('42["set_favorites"')
    attack.judge_frames(chat.heard, me)
    await _leave(chat)
    await look_at(attack, victim)


@move("favourites", 3)
async def favourites(attack: Attack) -> None:
    """Ask one's own chat for the messages that one keeps for reuse."""
    me, _ = _neighbours(attack)
    async with attack.scene.turn(me.session_id):
        me.chat.heard.clear()
        me.chat.emit("fetch_favorites")
        heard = await me.chat.until('42["set_favorites",[{')
        attack.scene.requests += 1
        attack.judge_frames(me.chat.heard, me)
    if not heard:
        raise LeakError("one's own favourites are gone", me.chat.heard)


@move("misuse", 1)
async def misuse(attack: Attack) -> None:
    """Let an app that trusts its pages write and remove under ids of somebody else."""
    me, victim = _neighbours(attack, signed_in=False)
    chat = await open_chat(attack, me, socket_auth(str(new_id(attack.rng))))
    if chat is None:
        raise LeakError("one's own chat is refused")
    told = await tell(attack, chat, me, "state")
    assert isinstance(told, dict)
    method, values = attack.rng.choice(_calls(attack, me, victim, told["in"]))
    await tell(attack, chat, me, f"store {json.dumps([method, values])}")
    await _leave(chat)
    await look_at(attack, victim)


def _calls(attack: Attack, me: Person, victim: Person, own_thread: str) -> list[tuple[str, dict[str, object]]]:
    thread_id, element_id = victim.loot["thread"][0], attack.rng.choice(victim.loot["element"])
    said = {"name": "x", "type": "assistant_message", "output": f"planted {me.private}"}
    made = {"name": f"planted {me.private}", "for_id": me.loot["step"][0]}
    step_id, fresh = attack.rng.choice(victim.loot["step"]), str(new_id(attack.rng))
    return [
        ("create_step", {"step_dict": {"id": fresh, "threadId": thread_id, **said}}),
        ("create_step", {"step_dict": {"id": step_id, "threadId": own_thread, **said}}),
        ("delete_step", {"step_id": step_id}),
        ("update_thread", {"thread_id": thread_id, "name": f"planted {me.private}"}),
        ("create_element", {"id": fresh, "thread_id": thread_id, **made}),
        ("create_element", {"id": element_id, "thread_id": own_thread, **made}),
        ("delete_element", {"element_id": element_id, "thread_id": thread_id}),
    ]


@move("shared", 4)
async def shared(attack: Attack) -> None:
    """Follow a link to a conversation: at its tenant it shows what was said, elsewhere nothing."""
    victim = attack.rng.choice([each for each in attack.scene.victims if "open" in each.loot])
    me = attack.rng.choice(attack.scene.attackers)
    ask = Ask("GET", f"/project/share/{victim.loot['open'][0]}", (("Host", me.tenant.host), *me.headers[1:]))
    if me.tenant is not victim.tenant:
        await attack.ask(ask, at=me.tenant, person=me.name, refused=True)
        return
    answer = await attack.ask(ask, at=me.tenant, person=me.name)
    if answer.status != 200 or victim.name.encode() in answer.plain:
        raise LeakError("a shared conversation is not there, or tells whose it is", (answer.plain,))


async def _leave(chat: Chat) -> None:
    chat.emit("clear_session")
    await chat.close()
