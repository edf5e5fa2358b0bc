"""Moves with sign-ins at an OpenID Connect provider: states, codes, nonces and callbacks of others."""

import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.browser import Browser
from tests.isolation.control_plane.cast import CLEO, ISSUER_PROVIDER, PORT, Site
from tests.isolation.control_plane.provider import asked
from tests.isolation.evidence import LeakError
from tests.isolation.wire import Answer, Ask

WITH = f"/settings/sign-in/with/{ISSUER_PROVIDER}/?next=/"
CALLBACK = "/settings/sign-in/callback/"
SHARED_CALLBACK = "/sign-in/callback/"


@dataclass(frozen=True)
class Journey:
    """A browser that set out for the provider: what it keeps, and where it was sent."""

    browser: Browser
    url: str

    @property
    def state(self) -> str:
        """What the provider is given to bring back."""
        return asked(self.url)["state"]

    @property
    def cookie(self) -> tuple[str, str]:
        """Name and value of the cookie of this journey."""
        return next((name, value) for name, value in self.browser.cookies.items() if name.startswith("sign_in_"))


@dataclass(frozen=True)
class Return:
    """What somebody comes back with, each part of which may be of another journey."""

    state_of: Journey
    cookie_of: Journey
    code_of: Journey
    at: Journey

    async def bring(self, attack: Attack, **claims: Any) -> tuple[Browser, Answer]:
        """Come back from the provider."""
        browser = attack.browser(self.at.browser.site, host=self.at.browser.host)
        # Under the name that belongs to the state: a name is nothing that keeps a browser from anything.
        browser.cookies[self.state_of.cookie[0]] = self.cookie_of.cookie[1]
        code = attack.scene.ground.provider.grant(self.code_of.url, **_vouched(claims))
        query = urlencode({"code": code, "state": self.state_of.state})
        return browser, await browser.get(f"{CALLBACK}?{query}")


def _vouched(claims: dict[str, Any]) -> dict[str, Any]:
    return {"sub": "cleo", "email": CLEO, "email_verified": True, "name": "Cleo", **claims}


async def set_out(attack: Attack, site: Site, host: str = "") -> Journey:
    """Set out for the provider in a browser of its own."""
    browser = attack.browser(site, host=host)
    answer = await browser.get(WITH)
    assert answer.status == 302, answer.plain
    return Journey(browser, answer.headers["location"])


@move("journey", 20)
async def journey(attack: Attack) -> None:
    """Come back with the state, the cookie and the code of different sign-ins, to any of their hosts."""
    site, other = attack.two()
    mine = await set_out(attack, site)
    # Another tenant's, another browser's of the same one, or one that began at another of its hosts.
    stolen = await set_out(
        attack, *attack.rng.choice([(other, other.hosts[0]), (site, site.hosts[0]), (site, site.hosts[1])])
    )
    parts = {name: attack.rng.choice([mine, stolen]) for name in ("state_of", "cookie_of", "code_of", "at")}
    brought = Return(**parts)
    browser, answer = await brought.bring(attack)
    whole = brought.state_of is brought.cookie_of is brought.code_of
    if whole and brought.at.browser.host == brought.state_of.browser.host:
        attack.expect_somebody(browser, answer, CLEO)
    else:
        expect_nobody(answer, "a sign-in put together of two")


@move("stolen journey", 12)
async def stolen_journey(attack: Attack) -> None:
    """Come with everything of somebody else's sign-in, but to another tenant, another host or in another browser."""
    site, other = attack.two()
    stolen = await set_out(attack, other)
    match attack.rng.randrange(3):
        case 0:
            brought = Return(stolen, stolen, stolen, at=await set_out(attack, site))
        case 1:
            there = attack.browser(other, host=other.hosts[1])
            brought = Return(stolen, stolen, stolen, at=replace(stolen, browser=there))
        case _:
            brought = Return(stolen, await set_out(attack, other), stolen, at=stolen)
    _, answer = await brought.bring(attack)
    expect_nobody(answer, "a sign-in that was begun elsewhere")


@move("replayed journey", 10)
async def replayed_journey(attack: Attack) -> None:
    """Come back twice; the provider gives a new code for the second time."""
    site, _ = attack.two()
    own = await set_out(attack, site)
    brought = Return(own, own, own, own)
    attack.expect_somebody(*await brought.bring(attack), CLEO)
    _, again = await brought.bring(attack)
    expect_nobody(again, "a sign-in that was over")


@move("token of a provider", 12)
async def token_of_a_provider(attack: Attack) -> None:
    """Come back with a token that is for another sign-in, another client, from another issuer or too old."""
    site, other = attack.two()
    own, stolen = await set_out(attack, site), await set_out(attack, other)
    claims: dict[str, Any] = attack.rng.choice(
        [
            {"nonce": asked(stolen.url)["nonce"]},
            {"nonce": None},
            {"aud": "another client"},
            {"aud": ["another client", "one more"]},
            {"iss": "https://issuer.example"},
            {"exp": int(time.time()) - 3600},
            {"email_verified": False, "sub": f"nobody-{attack.rng.getrandbits(32)}"},
        ]
    )
    _, answer = await Return(own, own, own, own).bring(attack, **claims)
    expect_nobody(answer, f"a token with {claims}")


@move("shared callback", 8)
async def shared_callback(attack: Attack) -> None:
    """Have the platform's callback lead a browser with somebody's state to a host, and see that it is theirs."""
    site, other = attack.two()
    own = await set_out(attack, other)
    state = attack.rng.choice([own.state, f"x{own.state}", own.state[:-4], own.cookie[1], ""])
    query = urlencode({"code": attack.scene.ground.provider.grant(own.url, **_vouched({})), "state": state})
    headers = (("Host", f"localhost:{PORT}"), ("X-Forwarded-Host", site.hosts[0]))
    answer = await attack.ask(Ask("GET", f"{SHARED_CALLBACK}?{query}", headers), at=None)
    if state != own.state:
        if answer.status < 400:
            raise LeakError("a state that was not made here leads somewhere", (state, answer.plain))
        return
    led = urlsplit(answer.headers["location"])
    if led.hostname != own.browser.host:
        raise LeakError(f"a sign-in at {own.browser.host} was led to {led.hostname}", (answer.plain,))
    stranger = attack.browser(other)
    expect_nobody(await stranger.get(f"{led.path}?{led.query}"), "a browser that had not begun")
