"""Moves over SCIM: tokens of other tenants, tokens that were revoked, and what is no token at all."""

import json

from tests.isolation.control_plane.attack import Attack, move
from tests.isolation.control_plane.cast import CLEO, OWNER, PASSWORD, Site, member_id
from tests.isolation.evidence import LeakError
from tests.isolation.wire import Answer, Ask

SCIM = "/settings/scim/v2"
ADDRESSES = (
    "/Users", f"/Users/{member_id(CLEO)}", '/Users?filter=userName%20eq%20"cleo@example.com"', "/Groups",
    "/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Users/.search", "/Bulk", "/Me", "",
)  # fmt: skip
READABLE = ("/Users", "/Groups", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
JSON = ("Content-Type", "application/scim+json")


@move("directory", 14)
async def directory(attack: Attack) -> None:
    """Ask any address with a token that is worth nothing here, in every spelling."""
    site, other = attack.two()
    own = site.scim_token
    worthless = (
        other.scim_token, other.scim_token, site.revoked_token, other.revoked_token, "", own[:-1], f"{own}x",
        own.upper(), own[:13] + other.scim_token[13:], own.replace("_", "-"), f"{own[:20]} {own[20:]}", "null",
    )  # fmt: skip
    token, method = attack.rng.choice(worthless), attack.rng.choice(["GET", "GET", "POST", "PUT", "PATCH", "DELETE"])
    address = attack.rng.choice(ADDRESSES)
    scheme = attack.rng.choice(["Bearer", "bearer", "Basic", "Token"])
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": CLEO, "active": False}
    headers = [("Authorization", f"{scheme} {token}")]
    if attack.rng.random() < 0.2:
        headers.append(("Authorization", f"Bearer {other.scim_token}"))
    await _ask(attack, site, method, address, *headers, body={} if method == "GET" else body, refused=True)


@move("own directory", 8)
async def own_directory(attack: Attack) -> None:
    """Ask with one's own token, claiming another host: one's own people are answered."""
    site, other = attack.two()
    headers = [("Authorization", f"Bearer {site.scim_token}"), ("X-Forwarded-Host", other.hosts[0])]
    address = attack.rng.choice(READABLE)
    answer = await _ask(attack, site, "GET", address, *headers)
    # A directory that asks faster than it may is told to wait.
    assert answer.status in {200, 429}, answer.plain
    if address == "/Users" and answer.status == 200 and site.canary.encode() not in answer.plain:
        raise LeakError("these are not the tenant's own people", (answer.plain,))


@move("directory by cookie", 4)
async def directory_by_cookie(attack: Attack) -> None:
    """Ask without a token in a browser in which an owner is signed in, and show the pages another tenant's sign-in."""
    site, other = attack.two()
    owner = attack.browser(site)
    await owner.post("/settings/sign-in/", {"email": OWNER, "password": PASSWORD})
    attack.expect_somebody(owner, await owner.get("/settings/"), OWNER)
    await owner.get(f"{SCIM}/Users", refused=True)
    stranger = attack.browser(other)
    stranger.cookies = dict(owner.cookies)
    for path in ("", "members/", "access/", "profile/"):
        answer = await stranger.get(f"/settings/{path}")
        if answer.status == 200:
            raise LeakError("a sign-in of another tenant opened the settings", (answer.plain,))


async def _ask(
    attack: Attack,
    site: Site,
    method: str,
    address: str,
    *headers: tuple[str, str],
    body: object = None,
    refused: bool = False,
) -> Answer:
    place = f"10.{attack.rng.randrange(256)}.{attack.rng.randrange(256)}.1"
    sent = (("Host", site.hosts[0]), ("X-Forwarded-For", place), JSON, *headers)
    content = json.dumps(body).encode() if body else b""
    return await attack.ask(Ask(method, f"{SCIM}{address}", sent, content), at=site, refused=refused)
