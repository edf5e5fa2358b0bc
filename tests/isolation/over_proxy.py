"""Moves with the headers of a proxy before the gateway: what it says is for the platform and for no app."""

from tenants.contract.trusted_headers import SECRET_HEADER
from tests.isolation.attack import Attack, move
from tests.isolation.evidence import LeakError
from tests.isolation.spelling import host_of
from tests.isolation.tenants import PROXY_HEADERS
from tests.isolation.wire import Ask


@move("proxy header", 8)
async def proxy_header(attack: Attack) -> None:
    """Send what a proxy sends, alone or twice and in any case, and see whether the app hears it."""
    me, _ = attack.foreign()
    # Where the app decides who enters, the names of people are its own to read.
    names = [SECRET_HEADER, *(PROXY_HEADERS.values() if me.tenant.mode == "members" else ())]
    name, word = attack.rng.choice(names), f"whispered-{attack.rng.getrandbits(48):012x}"
    spelt = attack.rng.choice([name, name.upper(), name.title()])
    sent = ((spelt, word),) * attack.rng.choice([1, 1, 2])
    ask = Ask("GET", "/project/settings", (("Host", host_of(me.tenant, attack.rng)), *sent, *me.headers[1:]))
    answer = await attack.ask(ask, at=me.tenant, person=me.name, current=True)
    if word.encode() in answer.plain:
        raise LeakError("the app hears what a proxy says", (ask, answer.plain))
