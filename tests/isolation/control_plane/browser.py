"""A browser at a tenant that keeps every cookie it is given, and shows all of them everywhere on its host."""

import random
import re
import string
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt

from tests.isolation.control_plane.cast import PORT, Site
from tests.isolation.wire import Answer, Ask

if TYPE_CHECKING:
    from tests.isolation.control_plane.attack import Attack

__all__ = ["CREDENTIALS", "Browser", "cookies_of"]

CREDENTIALS = frozenset({"access_token", "settings_token", "second_factor", "platform_visit"})
"""Cookies by which somebody is let in, or goes on."""
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Browser:
    """Comes from an address of its own, so that what others tried there does not make it wait."""

    def __init__(self, attack: "Attack", site: Site, *, host: str = "") -> None:
        self.site = site
        self.host = host or site.hosts[0]
        self.cookies: dict[str, str] = {}
        self._attack = attack
        self._address = _address(attack.rng)

    async def get(self, target: str, *headers: tuple[str, str], **judged: Any) -> Answer:
        """Follow a link."""
        return await self._ask("GET", target, headers, b"", judged)

    async def post(self, target: str, form: dict[str, str], *headers: tuple[str, str], **judged: Any) -> Answer:
        """Send a form, with what proves that it is one of this site's."""
        csrf = self.cookies.setdefault("csrftoken", "".join(self._attack.rng.choices(string.ascii_letters, k=32)))
        body = urlencode({"csrfmiddlewaretoken": csrf, **form}).encode()
        return await self._ask("POST", target, (FORM, *headers), body, judged)

    @property
    def person(self) -> dict[str, Any]:
        """What the token says of who is signed in; empty for nobody."""
        token = self.cookies.get("access_token", "")
        return jwt.decode(token, options={"verify_signature": False}) if token else {}

    def copy(self, *, host: str = "") -> "Browser":
        """Return another browser with the same cookies, as whoever stole them has it."""
        other = Browser(self._attack, self.site, host=host or self.host)
        other.cookies = dict(self.cookies)
        return other

    async def _ask(
        self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes, judged: dict[str, Any]
    ) -> Answer:
        place = urlsplit(target)
        target = f"{place.path}?{place.query}" if place.query else place.path
        sent = [("Host", f"{self.host}:{PORT}"), ("X-Forwarded-For", self._address), *headers]
        if self.cookies:
            sent.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        answer = await self._attack.ask(Ask(method, target, tuple(sent), body), at=self.site, **judged)
        for name, value in cookies_of(answer).items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


def cookies_of(answer: Answer) -> dict[str, str]:
    """Return the cookies that an answer sets, as they are to be sent; empty for those that it takes away."""
    found = re.findall(rb'(?im)^set-cookie: ([^=]+)=("[^"]*"|[^;\r]*)', answer.head)
    return {name.decode(): "" if value == b'""' else value.decode() for name, value in found}


def _address(rng: random.Random) -> str:
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
