"""An operator looks after the platform: how its parts are, and what a runtime serves."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.pictures import photograph_everywhere
from tests.runtime.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.browser]


async def test_an_operator_sees_every_part_well_and_a_chat_that_is_open(people):
    visitor, operator = await people.new(), await people.new()
    await visitor.open("acme")
    await visitor.ask("What is 6 * 7?")
    await operator.sign_in_to_admin()
    page = operator.page
    await page.get_by_role("link", name="System").first.click()
    await expect(page.get_by_role("heading", name="System", level=1)).to_be_visible()

    async def all_is_told():
        await page.get_by_role("link", name="Look again").click()
        await expect(page.locator("#components li")).to_have_count(7)
        well = await page.locator(".operators-health-well").count()
        said = await page.locator("#runtimes").inner_text()
        # Every scheduled task of ten seconds has run by then.
        done = await page.locator("#tasks tr", has_text="publish_planned").get_by_text("Well").count()
        return well == 7 and int(re.search(r"(\d[\d,]*) chat", said)[1]) >= 1 and done

    await until(all_is_told, within=120)
    runtime = page.get_by_role("row").filter(has_text="Chainlit 2.12")
    await expect(runtime.first).to_contain_text("Serving")
    await expect(runtime.first).to_contain_text("heard")
    await expect(page.locator("#migrations")).to_contain_text("No schema lags behind.")
    await expect_accessible(page)
    await photograph_everywhere(operator, "operators-system")


async def test_an_operator_goes_from_a_figure_of_the_dashboard_to_what_it_is_about(people):
    visitor, operator = await people.new(), await people.new()
    await visitor.open("globex")
    await operator.sign_in_to_admin()
    page = operator.page
    chats = page.locator("#now a").filter(has_text="Active chats")

    async def a_runtime_is_told():
        await operator.reload()
        runtimes = page.locator("#now a").filter(has_text="Runtimes").locator("strong")
        return int(await runtimes.inner_text()) >= 1

    await until(a_runtime_is_told, within=60)
    for title in ("Active chats", "Runtimes", "Revision lag", "Queue", "Failing pushes"):
        await expect(page.locator("#now a").filter(has_text=title)).to_be_visible()
    await expect_accessible(page)
    await photograph_everywhere(operator, "operators-dashboard")
    await chats.click()
    await expect(page.get_by_role("heading", name="System", level=1)).to_be_visible()
    await expect(page.locator("#runtimes")).to_be_in_viewport()
