"""The many ways to write a host, a credential or a path: some are another's, some are nobody's."""

import base64
import hashlib
import hmac
import random
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlencode

import jwt

from tenants.contract.secrets import derive_key
from tests.isolation.ground import MASTER_SECRET
from tests.isolation.people import Person
from tests.isolation.tenants import PEOPLE, Tenant

Headers = tuple[tuple[str, str], ...]
HOSTILE = (
    "nobody.localhost", "", "localhost", "127.0.0.1", "[::1]", "t0.localhost@t1.localhost", "t0.localhost/t1.localhost",
    "t0.localhost t1.localhost", "t0.localhost,t1.localhost", "t0..localhost", "t0.localhost:0", "t0.localhost:99999",
    "t0.localhost:8000:80", "-t0.localhost", "t0.localhost..", "xn--t0.localhost", "t0.localhost%00", "*.localhost",
    "t0.localhost#", "t0.localhost?", "a" * 2000,
)  # fmt: skip
SITE_SECRET = "the app's own secret, the same for all its tenants"
STORED = "/project/stored/"
UNSAFE = "another key, which is nobody's but is long enough to sign with"


def host_of(tenant: Tenant, rng: random.Random) -> str:
    """Return one of the spellings that lead to a tenant."""
    host = rng.choice(tenant.hosts[:2])
    spelt = rng.random()
    if spelt < 0.8:
        return host
    return rng.choice([host.upper(), f"{host}.", f"{host}:{rng.choice([80, 443, 8000, 65535])}", host.title()])


def bad_token(victim: Person, rng: random.Random) -> str:
    """Return a token that is worth nothing at the attacker's tenant."""
    stolen = rng.choice(victim.loot["token"] or [jwt.encode({"identifier": victim.name}, UNSAFE)])
    ways: list[Callable[[], str]] = [
        lambda: stolen,
        lambda: f"{stolen[:-6]}AAAAAA",
        lambda: jwt.encode(_claims(stolen), "", algorithm="none"),
        lambda: jwt.encode(_claims(stolen), UNSAFE),
        lambda: jwt.encode({**_claims(stolen), "iss": "somebody"}, UNSAFE, headers={"kid": "../../dev/null"}),
        lambda: stolen.rpartition(".")[0] + ".",
        lambda: rng.choice(victim.loot["dead token"] or [stolen]),
    ]
    return rng.choice(ways)()


def forged_for(tenant: Tenant, victim: Person, key: str) -> str:
    """Return a token with everything right but the key; without one it is not signed at all."""
    claims = _claims((victim.loot["token"] or [jwt.encode({"identifier": victim.name}, UNSAFE)])[0])
    claims.update(aud=tenant.tenant_id, access=tenant.mode, iss="chainlit-tenants", iat=int(time.time()))
    claims.setdefault("exp", 4_000_000_000)
    return jwt.encode(claims, key, algorithm="HS256" if key else "none")


def of_the_site(audience: str | None) -> str:
    """Return a token made with the secret that the app shares among its tenants."""
    named = {} if audience is None else {"aud": audience}
    return jwt.encode({"identifier": PEOPLE[0], "exp": 4_000_000_000, **named}, SITE_SECRET)


def worthless_token(me: Person, victim: Person, rng: random.Random) -> str:
    """Return a token that must be worth nothing at the attacker's tenant, however it was come by."""
    ways: list[Callable[[], str]] = [
        lambda: bad_token(victim, rng),
        lambda: forged_for(me.tenant, victim, rng.choice(["", UNSAFE])),
        # The key of another tenant, as its app's code may give it away.
        lambda: forged_for(me.tenant, victim, victim.loot["key"][0]),
        # Signed with the right key, but for another tenant.
        lambda: forged_for(victim.tenant, victim, me.loot["key"][0]),
        lambda: rng.choice(me.loot["dead token"] or [UNSAFE]),
        lambda: of_the_site(rng.choice([victim.tenant.tenant_id, None])),
    ]
    return rng.choice(ways)()


def carried(token: str, rng: random.Random) -> Headers:
    """Return a token in one of the ways that Chainlit takes it."""
    cut = len(token) // 2
    return rng.choice(
        [
            (("Cookie", f"access_token={token}"),),
            (("Cookie", f"access_token_0={token[:cut]}; access_token_1={token[cut:]}"),),
            (("Authorization", f"Bearer {token}"),),
        ]
    )


def climbing(path: str, rng: random.Random) -> str:
    """Return a path that would lead to ``path`` if dots, slashes or an absolute name led anywhere."""
    dots, slash = rng.choice(["..", "%2e%2e", ".%2e"]), rng.choice(["/", "%2f", "%2F"])
    ways = [
        f"{(dots + slash) * 14}{quote(path.lstrip('/'), safe='/')}",
        f"/{quote(path, safe='/')}",
        quote(path, safe=""),
        f"{dots}{slash}main.py",
        f"x%00{slash}{dots}{slash}main.py",
        f"{dots}%5c{dots}%5cmain.py",
    ]
    return rng.choice(ways)


def _claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sealed_address(address: str, *, key_of: str, epoch: int, until: int) -> str:
    """Return an address of a stored file signed as the platform would, with any tenant's key and any end."""
    path, query = address.partition("?")[0].removeprefix(STORED), dict(parse_qsl(address.partition("?")[2]))
    key = derive_key(MASTER_SECRET, purpose="files", tenant_id=key_of, epoch=epoch)
    signed = "\n".join((unquote(path), str(until), query["type"], query["name"])).encode()
    signature = base64.urlsafe_b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).rstrip(b"=").decode()
    return f"{STORED}{path}?{urlencode({**query, 'until': until, 'signature': signature})}"


def tampered_address(address: str, rng: random.Random) -> str:
    """Return an address of a stored file of which one part is another."""
    path, query = address.partition("?")[0], dict(parse_qsl(address.partition("?")[2]))
    part = rng.choice(["path", "climbing", *query])
    other = {"until": str(int(query["until"]) + 1), "type": "text/html", "name": "x", "signature": "A" * 43}
    if part == "path":
        path = path[:-1] + ("0" if path[-1] != "0" else "1")
    elif part == "climbing":
        path = f"{STORED}x/{rng.choice(['..', '%2e%2e'])}/{path.removeprefix(STORED)}"
    else:
        query[part] = other[part]
    return f"{path}?{urlencode(query)}"
