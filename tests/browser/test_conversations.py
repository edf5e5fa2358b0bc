"""An owner lets themselves read conversations, finds one, reads it, takes it along, deletes it, and closes them again.

People and words are this test's own; globex ends as it began, with nobody reading.
"""

import json
import re
import secrets

from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.navigation import reload
from tests.browser.pictures import photograph_everywhere
from tests.browser.test_second_factor import accepted


async def choose_readers(owner, readers):
    """Say on the page who reads."""
    await owner.open("globex", "/settings/conversations/")
    card = owner.page.locator("section", has=owner.page.locator("#policy-title"))
    await card.get_by_role("radio", name=readers).check()
    await card.get_by_role("button", name="Save", exact=True).click()
    await expect(owner.page.get_by_text("Saved. It counts from now on.")).to_be_visible()


async def test_an_owner_opens_finds_reads_exports_deletes_and_closes_conversations(people, stack):
    owner = await people.new(width=1280)
    page = owner.page
    page.on("dialog", lambda dialog: dialog.accept())
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await expect(page.get_by_role("link", name="Conversations")).to_be_visible()
    member, address = await accepted(people, stack, owner)
    word = f"zebra{secrets.token_hex(4)}"
    answer = await member.ask(f"What is a {word}?")
    await member.page.wait_for_url("**/thread/*")

    await owner.open("globex", "/settings/conversations/")
    await expect(page.get_by_role("heading", name="Conversations are closed to you")).to_be_visible()
    await expect(page.get_by_text(word)).to_have_count(0)
    await expect_accessible(page)
    await photograph_everywhere(owner, "conversations-closed")
    await choose_readers(owner, "Owners Admins see")
    try:
        await owner.open("globex", "/settings/conversations/")
        await page.get_by_label("Words").fill(word)
        await page.get_by_label("Person").fill(address)
        await page.get_by_role("button", name="Find").click()
        found = page.locator("li.talk")
        await expect(found).to_have_count(1)
        await expect(found).to_contain_text(address)
        await expect_accessible(page)
        await photograph_everywhere(owner, "conversations-found")

        await found.get_by_role("link").click()
        await expect(page.locator(".step-person")).to_contain_text(word)
        await expect(page.locator(".step-answer")).to_contain_text(answer.split(".")[0])
        await expect(page.get_by_text(re.compile(r"^Revision \d+$")).first).to_be_visible()
        await expect_accessible(page)
        await photograph_everywhere(owner, "conversations-read")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="JSON Lines").click()
        [line] = (await (await download.value).path()).read_text().splitlines()
        assert json.loads(line)["person"] == address
        assert word in line

        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("The conversation is deleted.")).to_be_visible()
        looks = page.locator("section", has=page.locator("#looks-title"))
        await expect(looks.get_by_text(f"Deleted a conversation of {address}")).to_be_visible()
        await expect(looks.get_by_text(f"Read a conversation of {address}")).to_be_visible()
        await reload(member.page)
        await expect(member.page.locator("#chat-input")).to_be_visible()
        await expect(member.page.locator("#thread-history").get_by_text(word)).to_have_count(0)
    finally:
        await choose_readers(owner, "Nobody")
    await expect(page.get_by_role("heading", name="Conversations are closed to you")).to_be_visible()
