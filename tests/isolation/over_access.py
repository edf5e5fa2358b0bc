"""Moves against the access policy: coming from elsewhere than one may, and with a sign-in that nobody used."""

import jwt

from tenants.contract.secrets import derive_key
from tests.isolation.attack import Attack, move
from tests.isolation.ground import MASTER_SECRET
from tests.isolation.over_http import PAGES
from tests.isolation.people import new_id
from tests.isolation.spelling import carried, host_of
from tests.isolation.tenants import IDLE_SECONDS
from tests.isolation.wire import Ask

PLACES = (*PAGES, "/user", "/_live/events", "/_live/use", "/_assets/x", "/public/words.txt",
          "/ws/socket.io/?EIO=4&transport=polling", "/nothing/here")  # fmt: skip
OUTSIDE = "127.0.0.2"
"""An address of this machine that is in no tenant's networks."""
CLAIMS = ("127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.1, 127.0.0.2", "localhost")


@move("outside", 8)
async def outside(attack: Attack) -> None:
    """Come to any tenant, with any credential, from elsewhere, and claim to come from within."""
    me, victim = attack.foreign()
    asked = attack.rng.choice([me, victim])
    claim = (attack.rng.choice(["X-Forwarded-For", "X-Real-IP", "Forwarded"]), attack.rng.choice(CLAIMS))
    headers = (("Host", host_of(asked.tenant, attack.rng)), *me.headers[1:], claim)
    ask = Ask(attack.rng.choice(["GET", "GET", "HEAD", "POST"]), attack.rng.choice(PLACES), headers)
    await attack.ask(ask, at=asked.tenant, source=OUTSIDE, refused=True)


@move("unused", 6)
async def unused(attack: Attack) -> None:
    """Come with one's own token as it would be had nobody used it for longer than the tenant allows."""
    me, _ = attack.foreign()
    if not me.loot["token"]:
        return
    claims = jwt.decode(me.loot["token"][0], options={"verify_signature": False})
    # Of a sign-in of its own, for what somebody just did here with the same one counts.
    claims.update(iat=claims["iat"] - IDLE_SECONDS - 60, sid=str(new_id(attack.rng)))
    key = derive_key(MASTER_SECRET, purpose="jwt", tenant_id=me.tenant.tenant_id, epoch=me.tenant.epoch)
    headers = (("Host", host_of(me.tenant, attack.rng)), *carried(jwt.encode(claims, key), attack.rng))
    path = attack.rng.choice(["/user", "/project/settings"])
    await attack.ask(Ask("GET", path, headers), at=me.tenant, refused=True)
