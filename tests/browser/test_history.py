"""Conversations as a member of globex has them: found, gone on with, rated, deleted, safe from a dead database."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.clients.members import new_member

pytestmark = pytest.mark.stack

NOTICE = re.compile("This conversation could not be saved just now")


async def _signed_in(people, stack):
    """Return somebody whom nobody else is, and who has said nothing yet."""
    account = await asyncio.to_thread(new_member, stack)
    member = await people.new(scheme="dark")
    await member.open("globex")
    await member.sign_in_to_chat(account)
    return member


async def test_a_member_finds_a_conversation_goes_on_rates_and_deletes_it(people, stack):
    member = await _signed_in(people, stack)
    page = member.page
    assert "84" in await member.ask("What is 12 * (3 + 4)?")
    await page.wait_for_url("**/thread/*")
    thread = page.locator("#thread-history li").filter(has_text="What is 12 * (3 + 4)?")
    await expect(thread).to_have_count(1)

    await member.reload()
    await expect(page.locator("[data-step-type=user_message]")).to_have_text("What is 12 * (3 + 4)?")
    await expect(page.locator("[data-step-type=assistant_message]")).to_contain_text("84")
    assert "42" in await member.ask("What is 6 * 7?")

    await page.locator(".positive-feedback-off").last.click()
    await page.locator("#submit-feedback").click()
    await expect(page.locator(".positive-feedback-on")).to_have_count(1)
    await member.photograph("globex-history")

    await page.locator("#new-chat-button").click()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.locator("[data-step-type=assistant_message]")).to_have_count(0)
    await thread.get_by_role("link").click()
    await expect(page.locator("[data-step-type=user_message]")).to_have_count(2)
    await expect(page.locator(".positive-feedback-on")).to_have_count(1)

    await thread.hover()
    await thread.locator("#thread-options").click()
    await page.locator("#delete-thread").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Confirm").click()
    await expect(thread).to_have_count(0)
    await member.reload()
    await expect(page.locator("#thread-history li")).to_have_count(0)


@pytest.mark.faults
async def test_a_dead_database_is_told_in_the_chat_and_nothing_that_was_said_is_missing(people, stack):
    member = await _signed_in(people, stack)
    page = member.page
    await member.ask("What is 1 + 1?")
    await page.wait_for_url("**/thread/*")
    with stack.supervisor_paused():
        stack.kill("postgres")
        assert "42" in await member.ask("What is 6 * 7?")
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        await member.photograph("globex-not-saved")
    await asyncio.to_thread(stack.wait_healthy)
    await expect(page.get_by_text(NOTICE)).to_have_count(0, timeout=60_000)

    await member.reload()
    await expect(page.locator("[data-step-type=user_message]")).to_have_text(["What is 1 + 1?", "What is 6 * 7?"])


async def test_an_owner_stops_keeping_conversations_and_the_sidebar_goes(people, stack):
    owner = await people.new()
    await owner.open("globex", "/settings/access/")
    await owner.sign_in_to_settings("globex_owner")
    switch = owner.page.get_by_role("switch", name="Keep conversations")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await owner.photograph("settings-access")
    await switch.click()
    await expect(owner.page.get_by_text("New conversations are no longer kept.")).to_be_visible()
    try:
        member = await _signed_in(people, stack)
        await member.ask("Hello")
        await expect(member.page.locator("#thread-history")).to_have_count(0)
    finally:
        await owner.page.get_by_role("switch", name="Keep conversations").click()
        await expect(owner.page.get_by_text("Conversations are kept from now on.")).to_be_visible()

    operator = await people.new()
    await operator.sign_in_to_admin()
    await operator.page.locator("a[href$='/registry/tenant/']").first.click()
    await operator.page.locator("#result_list, table").get_by_role("link", name="Globex").first.click()
    await operator.page.get_by_role("link", name="Access", exact=True).click()
    await expect(operator.page.get_by_role("button", name="Stop keeping")).to_be_visible()
    await operator.photograph("admin-access")
