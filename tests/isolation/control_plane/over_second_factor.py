"""Moves with sign-ins that wait for a second factor: links, browsers and codes of others."""

from dataclasses import dataclass
from typing import Any

from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.browser import Browser
from tests.isolation.control_plane.cast import Site
from tests.isolation.wire import Answer

PATH = "/settings/sign-in/second-factor/"
COOKIE = "second_factor"


@dataclass(frozen=True)
class Pending:
    """Somebody who has proved one factor, in the browser that opened the link."""

    browser: Browser
    issued: dict[str, Any]

    @property
    def email(self) -> str:
        """Whose sign-in it is."""
        return str(self.issued["email"])

    @property
    def key(self) -> tuple[str, str]:
        """The id of what is pending, and what its browser alone has."""
        pending_id, _, own = self.browser.cookies[COOKIE].partition(".")
        return pending_id, own

    def code(self) -> str:
        """Return a recovery code that was not used yet."""
        return str(self.issued["codes"].pop())


async def begin(attack: Attack, site: Site) -> Pending:
    """Let somebody of a tenant prove one factor, and open the link in a browser."""
    issued, browser = await attack.issue("pending", site), attack.browser(site)
    answer = await browser.get(issued["path"])
    assert answer.status == 302, answer.plain
    return Pending(browser, issued)


async def prove(browser: Browser, code: str) -> Answer:
    """Send a recovery code."""
    return await browser.post(PATH, {"recovery": code})


@move("pending link", 12)
async def pending_link(attack: Attack) -> None:
    """Open the link of a pending sign-in at a tenant with a copy of its row, with another one's secret, and twice."""
    site, other = attack.two()
    issued = await attack.issue("pending", other, copied_to=site)
    more = await attack.issue("pending", other)
    crossed = issued["path"].replace(issued["path"].split("/")[-2], more["path"].split("/")[-2])
    expect_nobody(await attack.browser(site).get(issued["path"]), "a tenant with a copy of what is pending")
    expect_nobody(await attack.browser(other).get(crossed), "who has the link of another sign-in")
    owner = attack.browser(other)
    assert (await owner.get(issued["path"])).status == 302
    expect_nobody(await attack.browser(other).get(issued["path"]), "a second browser with a link that was opened")
    attack.expect_somebody(owner, await prove(owner, issued["codes"][0]), issued["email"])


@move("pending browser", 12)
async def pending_browser(attack: Attack) -> None:
    """Go on with somebody's sign-in, with a good code of theirs but in another browser or at another tenant."""
    site, other = attack.two()
    victim, own = await begin(attack, other), await begin(attack, other)
    at, key = attack.rng.choice(
        [
            (other, (victim.key[0], own.key[1])),
            (other, (own.key[0], victim.key[1])),
            (other, (victim.key[0], "")),
            (other, (victim.key[0], victim.issued["path"].split("/")[-2])),
            (site, victim.key),
        ]
    )
    thief = attack.browser(at)
    thief.cookies[COOKIE] = ".".join(key)
    expect_nobody(await prove(thief, victim.code()), "a browser that did not open the link")


@move("pending code", 12)
async def pending_code(attack: Attack) -> None:
    """Prove somebody else's second factor with a code of one's own; one's own sign-in goes on, and once."""
    site, other = attack.two()
    victim, own = await begin(attack, site), await begin(attack, attack.rng.choice([site, site, other]))
    expect_nobody(await prove(victim.browser, own.code()), "a code of somebody else")
    again = own.browser.copy()
    attack.expect_somebody(own.browser, await prove(own.browser, code := own.code()), own.email)
    expect_nobody(await prove(again, code), "who proved it again")
    expect_nobody(await prove(again, own.code()), "who went on with what was over")
