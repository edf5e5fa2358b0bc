"""Moves over the live stream of a tenant's page."""

from tests.isolation.attack import Attack, move
from tests.isolation.evidence import LeakError
from tests.isolation.spelling import host_of
from tests.isolation.wire import Ask, listen

EVENTS = "/_live/events"


@move("live", 2)
async def live(attack: Attack) -> None:
    """Follow one's own tenant while it and another one change: one hears of one's own alone."""
    me, victim = attack.foreign()
    ask = Ask("GET", EVENTS, (("Host", host_of(me.tenant, attack.rng)), *me.headers[1:]))
    attack.trace.append(repr(ask.encode()))
    revision = me.tenant.live
    answer, events = await listen(attack.rng.choice(attack.scene.ports), ask)
    attack.count(answer)
    if events is None:
        raise LeakError("one's own tenant cannot be followed", (answer.head,))
    attack.judge(await events.next(), at=me.tenant, person=me.name, revision=revision)
    async with attack.scene.moved:
        await attack.scene.ground.publish(victim.tenant)
        await attack.scene.ground.publish(me.tenant)
    heard = await events.next()
    events.close()
    attack.judge(heard, at=me.tenant, person=me.name)
    if me.tenant.canary.encode() not in heard:
        raise LeakError("a change of one's own tenant was not heard", (heard,))


@move("live origin", 2)
async def live_origin(attack: Attack) -> None:
    """Follow a tenant from another tenant's page."""
    me, victim = attack.foreign()
    ask = Ask("GET", EVENTS, (("Host", victim.tenant.host), ("Origin", f"http://{me.tenant.host}")))
    answer, events = await listen(attack.rng.choice(attack.scene.ports), ask)
    attack.count(answer)
    if events is not None:
        events.close()
        raise LeakError("another tenant's page follows", (ask,))
