"""Moves with an operator's visits: links and keys of visits to other tenants, and changes by who may only look."""

from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.browser import Browser
from tests.isolation.control_plane.cast import CLEO, Site, member_id
from tests.isolation.evidence import LeakError

COOKIE = "platform_visit"
PAGES = ("", "branding/", "features/", "flags/", "environment/", "access/", "access/directory/", "members/")
CHANGES = (
    "branding/", "features/", "flags/", "environment/", "access/", "members/", f"members/{member_id(CLEO)}/",
    "access/sign-out-everyone/", "access/directory/tokens/", "profile/password/", f"members/{member_id(CLEO)}/remove/",
)  # fmt: skip


@move("visit", 8)
async def visit(attack: Attack) -> None:
    """Open the link of a visit at another tenant, then twice at its own; go on with it at another tenant."""
    site, other = attack.two()
    issued = await attack.issue("visit", other)
    expect_nobody(await attack.browser(site).get(issued["path"]), "a tenant to which no operator came")
    browser = await _open(attack, other, issued["path"])
    expect_nobody(await attack.browser(other).get(issued["path"]), "a second browser with the link of a visit")
    stranger = attack.browser(site)
    key = browser.cookies[COOKIE]
    stranger.cookies[COOKIE] = attack.rng.choice([key, key, f"{key[:-1]}!", key.partition(".")[0]])
    await stranger.get(f"/settings/{attack.rng.choice(PAGES)}", refused=True)


@move("visitor", 8)
async def visitor(attack: Attack) -> None:
    """Change something on a visit, and go on with a visit that was ended."""
    site, _ = attack.two()
    browser = await _open(attack, site, (await attack.issue("visit", site))["path"])
    answer = await browser.get(f"/settings/{attack.rng.choice(PAGES)}")
    if site.canary.encode() not in answer.plain:
        raise LeakError("this is not the tenant that is visited", (answer.plain,))
    form = {"name": "Somebody", "email": "x@example.com", "role": "owner", "days": "0"}
    changed = await browser.post(f"/settings/{attack.rng.choice(CHANGES)}", form)
    if changed.status < 400:
        raise LeakError(f"answered {changed.status} to who may only look", (changed.plain,))
    key = browser.cookies[COOKIE]
    await browser.post("/settings/visit/end/", {})
    browser.cookies[COOKIE] = key
    await browser.get("/settings/", refused=True)


async def _open(attack: Attack, site: Site, path: str) -> Browser:
    browser = attack.browser(site)
    assert (await browser.get(path)).status == 302
    assert COOKIE in browser.cookies
    attack.scene.let_in += 1
    return browser
