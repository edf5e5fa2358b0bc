"""An owner sets what the app asks for, and the chat answers by it; the other tenant's stays as it was."""

import re
import secrets

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.pictures import photograph_everywhere
from tests.running_stack import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]


async def test_an_owner_sets_what_the_app_asks_for_and_the_chat_answers_by_it(people, stack):
    line = f"Ask for Ann, room {secrets.token_hex(4)}."
    owner, visitor, other = await people.new(width=1280), await people.new(), await people.new()
    page = owner.page
    await visitor.open("acme")
    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    await page.get_by_role("navigation").get_by_role("link", name="App settings").click()
    await expect(page.get_by_role("heading", name="App settings")).to_be_visible()

    await page.get_by_label("Suggested questions").fill("9")
    await page.get_by_label("Closing line").fill(line)
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("At most 2.", exact=True)).to_be_visible()
    await expect_accessible(page)
    await photograph_everywhere(owner, "app-settings-refused")
    await page.get_by_label("Suggested questions").fill("1")
    await page.get_by_role("button", name="Save and publish").click()
    told = await page.get_by_text("App settings saved. Live as revision").inner_text()
    revision = re.search(r"revision (\d+)", told)[1]
    live = f"&quot;revision&quot;: {revision}"
    wait_until(lambda: live in stack.get("acme", "/login").text, what="the runtime's new revision")
    await expect(page.get_by_label("Closing line")).to_have_value(line)
    await expect_accessible(page)
    await photograph_everywhere(owner, "app-settings-saved")

    assert line in await visitor.ask("What is 2 + 3?")
    await other.open("globex", "/login")
    await other.sign_in_to_chat("globex_owner")
    assert line not in await other.ask("What is 2 + 3?")
