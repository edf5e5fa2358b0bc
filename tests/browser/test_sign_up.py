"""Becoming a member by oneself, from the chat's sign-in page to the chat, and how its pages look."""

import re
import secrets

import pytest
from playwright.async_api import expect

from tests.browser.navigation import go
from tests.browser.test_sign_in import in_chat
from tests.clients.outbox import link_mailed_to, mails_to
from tests.clients.settings_client import SettingsClient

ACCESS = "/settings/access/"
MEMBERS = {
    "mode": "members", "entry": "any_member", "methods": ["", "password"], "networks": "", "allowed_origins": "",
    "session_seconds_0": "15", "session_seconds_1": "days", "idle_seconds_0": "", "idle_seconds_1": "minutes",
}  # fmt: skip


@pytest.fixture
def domain(stack):
    """A domain at which people may sign up at globex, for one test."""
    name = f"d{secrets.token_hex(4)}.example"
    with SettingsClient(stack.port, "globex") as owner:
        owner.sign_in(*stack.sign_in("globex_owner"))
        saved = owner.submit(ACCESS, {**MEMBERS, "sign_up": "domain", "email_domains": name})
        assert "Access saved." in saved.text
        yield name
        owner.submit(ACCESS, {**MEMBERS, "sign_up": "invitation", "email_domains": ""})


async def test_somebody_at_the_domain_creates_an_account_and_is_in_the_chat(people, stack, domain):
    person, address = await people.new(), f"nell@{domain}"
    await person.open("globex")
    await person.page.get_by_role("link", name="Create an account").click()
    for asked in (f"eve@not-{domain}", address):
        await person.open("globex", "/settings/sign-up/")
        await person.page.get_by_label("E-mail").fill(asked)
        await person.page.get_by_role("button", name="Send the link").click()
        await expect(person.page.get_by_role("heading", name="Look into your mail")).to_be_visible()
        await expect(person.page.get_by_text(f"If {asked} may have an account here")).to_be_visible()
    await go(person.page, await link_mailed_to(stack, address, 1))
    assert not mails_to(stack, f"eve@not-{domain}")
    await person.page.get_by_label("Your name").fill("Nell Nobody")
    await person.page.get_by_label("New password").fill("short")
    await person.page.get_by_role("button", name="Create the account").click()
    await expect(person.page.get_by_text(re.compile("too short"))).to_be_visible()
    await person.page.get_by_label("New password").fill("a passphrase to begin with")
    await person.page.get_by_role("button", name="Create the account").click()
    await in_chat(person)
    identity = await person.page.evaluate("fetch('/user').then((answer) => answer.json())")
    assert (identity["identifier"], identity["metadata"]["role"]) == (address, "member")

    again = await people.new()
    await again.open("globex", "/settings/sign-up/")
    await again.page.get_by_label("E-mail").fill(address)
    await again.page.get_by_role("button", name="Send the link").click()
    await go(again.page, await link_mailed_to(stack, address, 2))
    await expect(again.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "You have one already" in mails_to(stack, address)[1]


async def test_the_pages_of_signing_up_on_every_screen(people, stack, domain):
    address = f"looks@{domain}"
    for scheme in ("light", "dark"):
        for width, height, size in ((1280, 900, "wide"), (390, 844, "phone")):
            person = await people.new(width=width, height=height, scheme=scheme)
            await person.open("globex", "/settings/sign-up/")
            await person.photograph(f"sign-up-{size}-{scheme}")
            if not mails_to(stack, address):
                await person.page.get_by_label("E-mail").fill(address)
                await person.page.get_by_role("button", name="Send the link").click()
                await person.photograph(f"sign-up-sent-{size}-{scheme}")
            await go(person.page, await link_mailed_to(stack, address, 1))
            await person.photograph(f"sign-up-link-{size}-{scheme}")
            overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await person.page.evaluate(overflow), f"wider than a {size} screen"
            await person.open("globex")
            await expect(person.page.get_by_role("link", name="Create an account")).to_be_visible()
            await person.photograph(f"chat-sign-in-with-sign-up-{size}-{scheme}")
            await person.open("globex", "/settings/")
            await person.sign_in_to_settings("globex_owner")
            await expect(person.page.locator("main h1")).to_be_visible()
            await person.open("globex", ACCESS)
            await person.photograph(f"access-sign-up-{size}-{scheme}")
            await person.open("globex", "/settings/access/proxies/add/")
            await person.photograph(f"proxy-add-{size}-{scheme}")
            assert not await person.page.evaluate(overflow), f"wider than a {size} screen"
