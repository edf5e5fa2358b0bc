"""Moves with mailed links: invitations, links to a new password and to become a member, of others or used before."""

from typing import Any

from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.browser import Browser
from tests.isolation.control_plane.cast import PASSWORD
from tests.isolation.evidence import LeakError
from tests.isolation.wire import Answer

KINDS = ("invitation", "reset", "sign-up")


def path_of(kind: str, link: dict[str, Any]) -> str:
    """Return the path in the mail."""
    return f"/settings/{kind}/{link['id']}/{link['secret']}/"


async def follow(browser: Browser, path: str) -> Answer:
    """Follow a link: look at its page, and choose a password there."""
    await browser.get(path)
    return await browser.post(path, {"password": PASSWORD, "name": "Somebody"})


@move("link", 16)
async def link(attack: Attack) -> None:
    """Follow a link at a tenant with a copy of its row, with another link's secret, or as one of another kind."""
    site, other = attack.two()
    kind = attack.rng.choice(KINDS)
    sent = await _send(attack, kind, other, copied_to=site)
    more = await _send(attack, kind, other)
    wrong = attack.rng.choice([each for each in KINDS if each != kind])
    at, path = attack.rng.choice(
        [
            (site, path_of(kind, sent)),
            (site, path_of(kind, sent)),
            (other, path_of(kind, {**sent, "secret": more["secret"]})),
            (other, path_of(kind, {**sent, "secret": f"{sent['secret'][:-1]}!"})),
            (other, path_of(wrong, sent)),
        ]
    )
    browser = attack.browser(at)
    looked = await browser.get(path)
    if looked.status < 400:
        raise LeakError("a link opened where it is worth nothing", (path, looked.plain))
    expect_nobody(await follow(browser, path), "who followed a link that is worth nothing")
    # Whatever was tried elsewhere, the link is still its owner's.
    owner = attack.browser(other)
    attack.expect_somebody(owner, await follow(owner, path_of(kind, sent)), sent["email"])


@move("used link", 8)
async def used_link(attack: Attack) -> None:
    """Follow a link that was used."""
    site, _ = attack.two()
    kind = attack.rng.choice(KINDS)
    sent = await _send(attack, kind, site)
    owner = attack.browser(site)
    attack.expect_somebody(owner, await follow(owner, path_of(kind, sent)), sent["email"])
    expect_nobody(await follow(attack.browser(site), path_of(kind, sent)), "who followed a link after its owner")


async def _send(attack: Attack, kind: str, *args: Any, **named: Any) -> dict[str, Any]:
    if kind == "sign-up":
        return await attack.issue("sign-up", *args, **named)
    return await attack.issue("mailed link", *args, purpose=kind, **named)
