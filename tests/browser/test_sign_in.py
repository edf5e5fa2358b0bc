"""Signing in as people do: invited by mail, once for chat and settings, locked out, back by a mailed link, and out."""

import re
import secrets

from playwright.async_api import expect

from tests.browser.navigation import go, reload
from tests.clients.outbox import link_mailed_to

FIRST, SECOND = "a passphrase to begin with", "and another one for later"


async def in_chat(person):
    await person.page.locator("#chat-input").wait_for()


async def invited(owner, stack, address, *, role="Member"):
    """Let an owner invite somebody on the page of members; return the link that is mailed."""
    await owner.open("globex", "/settings/members/")
    await owner.page.get_by_label("E-mail").fill(address)
    await (
        owner.page.locator("#invite-title")
        .locator("xpath=ancestor::section")
        .get_by_label("Role")
        .select_option(label=role)
    )
    await owner.page.get_by_role("button", name="Send the invitation", exact=True).click()
    await expect(owner.page.get_by_text(f"The invitation to {address} is on its way.")).to_be_visible()
    return await link_mailed_to(stack, address, 1)


async def test_a_sign_in_at_the_chat_is_one_to_the_settings_and_so_is_its_end(people, stack):
    owner, member = await people.new(), await people.new()
    await owner.open("globex")
    await owner.sign_in_to_chat("globex_owner")
    await in_chat(owner)
    await owner.page.get_by_role("link", name="Settings").click()
    await owner.page.wait_for_url("**/settings/")
    chat = await owner.context.new_page()
    await chat.goto(stack.url("globex"))
    await chat.locator("#chat-input").wait_for()
    await owner.page.get_by_role("button", name="Sign out").click()
    # The chat goes to the sign-in by itself, too, and may be on its way there.
    await reload(chat)
    await expect(chat).to_have_url(re.compile("/login"))

    await member.open("globex", "/settings/")
    await member.sign_in_to_settings("globex_member")
    await expect(member.page.get_by_role("heading", name="The settings are not open to you")).to_be_visible()
    await member.photograph("settings-not-for-members")
    await member.page.get_by_role("link", name="Open the chat").click()
    await in_chat(member)
    await expect(member.page.get_by_role("link", name="Settings")).to_have_count(0)


async def test_an_invited_member_is_locked_out_comes_back_and_is_out_at_once_when_switched_off(people, stack):
    owner, guest, neighbour = await people.new(), await people.new(), await people.new()
    address = f"guest-{secrets.token_hex(4)}@globex.example"
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await go(guest.page, await invited(owner, stack, address))
    await guest.photograph("invitation")
    await guest.page.get_by_label("Your name").fill("Frank Grimes")
    await guest.page.get_by_label("New password").fill(FIRST)
    await guest.page.get_by_role("button", name="Accept the invitation").click()
    await in_chat(guest)

    stranger = await people.new()
    await stranger.open("globex")
    for _ in range(5):
        await stranger.sign_in_to_chat((address, "a guess"))
        await expect(stranger.page.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible()
    await stranger.sign_in_to_chat((address, FIRST))
    await expect(stranger.page.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible()
    await expect(stranger.page).to_have_url(re.compile("/login"))
    await stranger.page.get_by_role("link", name="Forgot your password?").click()
    await stranger.page.get_by_label("E-mail").fill(address)
    await stranger.page.get_by_role("button", name="Send the link").click()
    await expect(stranger.page.get_by_text("a mail with a link is on its way")).to_be_visible()
    await stranger.photograph("forgotten-password-sent")
    await go(stranger.page, await link_mailed_to(stack, address, 2))
    await stranger.photograph("new-password")
    await stranger.page.get_by_label("New password").fill(SECOND)
    await stranger.page.get_by_role("button", name="Save and sign in").click()
    await in_chat(stranger)
    # A new password ends what was begun with the old one, in an open chat too.
    await expect(guest.page).to_have_url(re.compile("/login"))

    await neighbour.open("globex")
    await neighbour.sign_in_to_chat("globex_member")
    await in_chat(neighbour)
    await neighbour.page.evaluate("window.stays = true")
    await owner.reload()
    await owner.page.locator("summary", has_text=address).click()
    row = owner.page.locator("li", has_text=address)
    await owner.photograph("members")
    await row.get_by_label("May sign in").uncheck()
    await row.get_by_role("button", name="Save").click()
    await expect(stranger.page).to_have_url(re.compile("/login"))
    await stranger.sign_in_to_chat((address, SECOND))
    await expect(stranger.page.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible()
    await expect(neighbour.page.locator("#chat-input")).to_be_visible()
    assert await neighbour.page.evaluate("window.stays")


async def test_the_pages_of_people_on_every_screen(people, stack):
    for scheme in ("light", "dark"):
        for width, height, size in ((1440, 900, "wide"), (390, 844, "phone")):
            person = await people.new(width=width, height=height, scheme=scheme)
            for path, name in (("/settings/sign-in/", "sign-in"), ("/settings/reset/", "forgotten-password")):
                await person.open("globex", path)
                await person.photograph(f"{name}-{size}-{scheme}")
            await person.open("globex", "/settings/sign-in/")
            await person.sign_in_to_settings("globex_owner")
            await expect(person.page.locator("main h1")).to_be_visible()
            for name in ("members", "profile"):
                await person.open("globex", f"/settings/{name}/")
                if name == "members":
                    await person.page.locator("summary", has_text="Hank Scorpio").click()
                await person.photograph(f"settings-{name}-{size}-{scheme}")
                overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                assert not await person.page.evaluate(overflow), f"{name} is wider than a {size} screen"
