"""Second factors as members meet them: set up on the profile, asked for at chat and settings, or required."""

import re
import secrets
import time

import pyotp
from playwright.async_api import expect

from tests.browser.navigation import go
from tests.browser.pictures import photograph_everywhere
from tests.browser.test_sign_in import in_chat, invited

PASSWORD = "a passphrase to begin with"


async def add_device(person):
    """Give the browser a device that makes passkeys and finds its person present; return the way to talk about it."""
    talk = await person.context.new_cdp_session(person.page)
    await talk.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return talk, (await talk.send("WebAuthn.addVirtualAuthenticator", {"options": options}))["authenticatorId"]


async def accepted(people, stack, owner, *, role="Member"):
    """Let an owner invite somebody who accepts; return them and their address."""
    address = f"factor-{secrets.token_hex(4)}@globex.example"
    guest = await people.new(width=1280)
    await go(guest.page, await invited(owner, stack, address, role=role))
    await guest.page.get_by_label("New password").fill(PASSWORD)
    await guest.page.get_by_role("button", name="Accept the invitation").click()
    # The first to open the chat may have to wait for its app.
    await guest.page.locator("#chat-input").wait_for(timeout=60_000)
    return guest, address


async def shown_key(person):
    await person.page.get_by_text("Cannot scan it?").click()
    return pyotp.TOTP((await person.page.locator(".setup-key").inner_text()).replace(" ", ""))


async def set_up(member):
    """Set an app and a passkey up on the profile; return the app, the recovery codes and what the device holds."""
    await member.open("globex", "/settings/profile/")
    await member.page.get_by_role("link", name="Set up an authenticator app").click()
    app = await shown_key(member)
    await photograph_everywhere(member, "factor-own-app")
    await member.page.get_by_label("Code that the app shows").fill(app.now())
    await member.page.get_by_role("button", name="Set up the app").click()
    codes = await member.page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    await photograph_everywhere(member, "factor-own-codes")
    async with member.page.expect_download() as download:
        await member.page.get_by_role("link", name="Download as a file").click()
    assert codes[9] in (await (await download.value).path()).read_text()

    talk, device = await add_device(member)
    await member.page.get_by_role("link", name="Back to your profile").click()
    await member.page.get_by_role("link", name="Set up a passkey").click()
    await photograph_everywhere(member, "factor-own-passkey")
    await member.page.get_by_label("Name").fill("Work laptop")
    await member.page.get_by_role("button", name="Set up a passkey").click()
    await expect(member.page.get_by_text("Work laptop").first).to_be_visible()
    await member.page.locator("#second-factor").scroll_into_view_if_needed()
    await photograph_everywhere(member, "factor-profile")
    kept = (await talk.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"][0]
    return app, codes, kept


async def test_a_member_sets_factors_up_and_signs_in_by_each_at_chat_and_settings(people, stack):
    owner = await people.new()
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    member, address = await accepted(people, stack, owner)
    app, codes, kept = await set_up(member)
    second = await people.new(width=1280)
    talk, device = await add_device(second)
    await talk.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": kept})
    await second.open("globex")
    await second.sign_in_to_chat((address, PASSWORD))
    await expect(second.page.get_by_role("heading", name="One more step")).to_be_visible()
    await photograph_everywhere(second, "factor-step")
    await second.page.keyboard.press("Enter")
    await in_chat(second)

    third = await people.new(width=1280)
    await third.open("globex", "/settings/profile/")
    await third.page.get_by_label("E-mail").fill(address)
    await third.page.get_by_label("Password").fill(PASSWORD)
    await third.page.get_by_role("button", name="Sign in").click()
    await third.page.get_by_label("Code of your authenticator app").fill("000000")
    await third.page.get_by_role("button", name="Continue with the code").click()
    await expect(third.page.get_by_text("That code does not work.")).to_be_visible()
    await photograph_everywhere(third, "factor-step-refused")
    # The next one, which is never the one that set the app up.
    await third.page.get_by_label("Code of your authenticator app").fill(app.at(int(time.time()) + 30))
    await third.page.keyboard.press("Enter")
    await expect(third.page.get_by_role("heading", name="Your profile")).to_be_visible()

    fourth = await people.new(width=1280)
    await fourth.open("globex")
    await fourth.sign_in_to_chat((address, PASSWORD))
    await fourth.page.get_by_text("Use a recovery code").click()
    await fourth.page.get_by_label("Recovery code").fill(codes[0])
    await fourth.page.keyboard.press("Enter")
    await in_chat(fourth)

    await reset(owner, address)
    await expect(second.page).to_have_url(re.compile("/login"))


async def reset(owner, address):
    """Let an owner reset somebody's second factor."""
    await owner.reload()
    await owner.page.locator("summary", has_text=address).click()
    owner.page.on("dialog", lambda dialog: dialog.accept())
    row = owner.page.locator("li", has_text=address)
    await row.get_by_role("button", name="Reset the second factor").click()
    await expect(owner.page.get_by_text("The second factor is reset")).to_be_visible()


async def test_whoever_must_have_a_factor_sets_it_up_on_the_way_into_the_chat(people, stack):
    owner = await people.new()
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    admin, address = await accepted(people, stack, owner, role="Admin")
    await require(owner, "Required")
    try:
        again = await people.new(width=1280)
        await add_device(again)
        await again.open("globex")
        await again.sign_in_to_chat((address, PASSWORD))
        await expect(again.page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
        await photograph_everywhere(again, "factor-set-up")
        await again.page.get_by_role("button", name="Set up a passkey").click()
        await expect(again.page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
        await photograph_everywhere(again, "factor-codes")
        await again.page.get_by_role("link", name="I have kept them, continue").click()
        await in_chat(again)
        await expect(admin.page.locator("#chat-input")).to_be_visible()
    finally:
        await require(owner, "Asked of whom set one up")


async def require(owner, choice):
    """Choose on the owners' page what is asked of admins, and see it there when the page is opened again."""
    await owner.open("globex", "/settings/access/")
    section = owner.page.locator("section", has=owner.page.get_by_role("heading", name="Second factor"))
    radio = section.locator(".row", has_text="Admins").get_by_label(choice, exact=True)
    await radio.press("Space")
    await owner.photograph("factor-access")
    # The page posts questions of its own meanwhile; what is saved is answered by a redirect.
    async with owner.page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 302):
        await owner.page.get_by_role("button", name="Save and publish").click()
    await owner.open("globex", "/settings/access/")
    await expect(radio).to_be_checked()
