"""Moves with SAML: answers for others, answers twice, and relay states that lead away."""

import base64
import re
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.browser import Browser
from tests.isolation.control_plane.cast import CLEO, SAML_PROVIDER, Site
from tests.isolation.evidence import LeakError
from tests.isolation.wire import Answer
from tests.tenants.identity.saml.identity_provider import NAMESPACES, find

BELOW = f"/settings/sign-in/saml/{SAML_PROVIDER}"
ELSEWHERE = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example")


@dataclass(frozen=True)
class Question:
    """A browser that set out for the provider, and the id of what it asks there."""

    browser: Browser
    id: str


async def set_out(attack: Attack, site: Site, *, host: str = "") -> Question:
    """Set out for the provider in a browser of its own."""
    browser = attack.browser(site, host=host)
    answer = await browser.get(f"/settings/sign-in/with/{SAML_PROVIDER}/?next=/")
    assert answer.status == 302, answer.plain
    sent = parse_qs(urlsplit(answer.headers["location"]).query)["SAMLRequest"][0]
    found = re.search(rb'ID="([^"]+)"', zlib.decompress(base64.b64decode(sent), -15))
    assert found is not None
    return Question(browser, found[1].decode())


def answered(attack: Attack, *, audience: Site, recipient: Browser, request_id: str, **more: Any) -> str:
    """Return what the provider answers: for which tenant, to be brought where, to which question."""
    return attack.scene.ground.saml.answer(
        acs_url=recipient.site.address(f"{BELOW}/acs/", host=recipient.host),
        audience=audience.address(f"{BELOW}/metadata/"),
        request_id=request_id,
        name_id="cleo",
        attributes={"email": [CLEO]},
        **more,
    )


async def bring(browser: Browser, encoded: str, *, relay_state: str = "") -> Answer:
    """Bring an answer as a provider's form does, and follow where that leads; return the last answer."""
    taken = await browser.post(f"{BELOW}/acs/", {"SAMLResponse": encoded, "RelayState": relay_state})
    if taken.status != 303:
        return taken
    return await browser.get(taken.headers["location"])


@move("saml answer", 14)
async def saml_answer(attack: Attack) -> None:
    """Bring an answer of which audience, recipient, question and browser are each of one tenant or another."""
    site, other = attack.two()
    mine, stolen = await set_out(attack, site), await set_out(attack, other)
    parts = {name: attack.rng.choice([mine, mine, stolen]) for name in ("audience", "recipient", "question", "cookies")}
    if attack.rng.random() < 0.3:
        # An answer made for this tenant, to a question that the same browser asked elsewhere.
        parts = {"audience": mine, "recipient": mine, "question": stolen, "cookies": stolen}
    encoded = answered(
        attack,
        audience=parts["audience"].browser.site,
        recipient=parts["recipient"].browser,
        request_id=parts["question"].id,
    )
    browser = attack.browser(site)
    browser.cookies.update(parts["cookies"].browser.cookies)
    answer = await bring(browser, encoded)
    if all(part is mine for part in parts.values()):
        attack.expect_somebody(browser, answer, CLEO)
    else:
        expect_nobody(answer, "an answer for another tenant or browser")


@move("saml replay", 10)
async def saml_replay(attack: Attack) -> None:
    """Bring an answer twice, and come twice with the ticket of its arrival."""
    site, _ = attack.two()
    own = await set_out(attack, site)
    encoded = answered(attack, audience=site, recipient=own.browser, request_id=own.id)
    before = own.browser.copy()
    taken = await own.browser.post(f"{BELOW}/acs/", {"SAMLResponse": encoded})
    thief = before.copy()
    attack.expect_somebody(own.browser, await own.browser.get(taken.headers["location"]), CLEO)
    expect_nobody(await thief.get(taken.headers["location"]), "who came with a ticket that was used")
    expect_nobody(await bring(before, encoded), "who brought an answer again")


@move("saml ticket", 8)
async def saml_ticket(attack: Attack) -> None:
    """Come with the ticket of somebody who arrived, in another browser or to another tenant."""
    site, other = attack.two()
    victim = await set_out(attack, other)
    encoded = answered(attack, audience=other, recipient=victim.browser, request_id=victim.id)
    taken = await victim.browser.post(f"{BELOW}/acs/", {"SAMLResponse": encoded})
    thief = (await set_out(attack, attack.rng.choice([site, other]))).browser
    expect_nobody(await thief.get(taken.headers["location"]), "who came with somebody else's ticket")
    expect_nobody(await thief.post(taken.headers["location"], {}), "who came with somebody else's ticket")


@move("saml document", 12)
async def saml_document(attack: Attack) -> None:
    """Bring a signed answer that is not quite for this tenant, or altered after it was signed."""
    site, other = attack.two()
    own = await set_out(attack, site)
    way: dict[str, Any] = attack.rng.choice(
        [
            {"change": _without_audience},
            {"change": _recipient_with_more},
            {"change": _destination_elsewhere},
            {"sign": ()},
            {"tamper": _name_somebody_else},
        ]
    )
    encoded = answered(attack, audience=site, recipient=own.browser, request_id=own.id, **way)
    expect_nobody(await bring(own.browser, encoded), f"an answer with {way}")
    encoded = answered(attack, audience=other, recipient=own.browser, request_id=own.id)
    expect_nobody(await bring(own.browser, encoded), "an answer for another tenant")


@move("saml relay state", 8)
async def saml_relay_state(attack: Attack) -> None:
    """Bring an answer that nobody asked for, with a relay state that leads to another site."""
    site, _ = attack.two()
    browser, target = attack.browser(site), attack.rng.choice(ELSEWHERE)
    encoded = answered(attack, audience=site, recipient=browser, request_id="")
    taken = await browser.post(f"{BELOW}/acs/", {"SAMLResponse": encoded, "RelayState": target})
    arrived = taken.headers["location"]
    expect_nobody(await browser.get(arrived), "somebody who was not asked who they are")
    answer = await browser.post(arrived, {})
    if not site.unsolicited:
        expect_nobody(answer, "an answer that nobody asked for")
        return
    # Also where it led nowhere because Django would not go there: it is not for Django to keep people here.
    if answer.status == 500 or answer.headers.get("location", "/") != "/":
        raise LeakError("a sign-in led elsewhere", (target, answer.plain))
    attack.expect_somebody(browser, answer, CLEO)


def _without_audience(root: etree._Element) -> None:
    restriction = find(root, ".//saml:AudienceRestriction")
    restriction.getparent().remove(restriction)


def _recipient_with_more(root: etree._Element) -> None:
    data = find(root, ".//saml:SubjectConfirmationData")
    data.set("Recipient", f"https://evil.example/?{data.get('Recipient')}")


def _destination_elsewhere(root: etree._Element) -> None:
    root.set("Destination", f"{root.get('Destination')}more")


def _name_somebody_else(root: etree._Element) -> None:
    root.xpath(".//saml:NameID", namespaces=NAMESPACES)[0].text = "somebody"
