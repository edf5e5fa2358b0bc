"""Somebody chats; an owner looks up how much, takes the numbers along, and an operator sees the same."""

import csv
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.pictures import photograph_everywhere
from tests.runtime.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]


def _number(text):
    return int(re.sub(r"\D", "", text))


def _rows(file):
    return list(csv.DictReader(Path(file).read_text(encoding="utf-8").splitlines()))


async def _messages(owner):
    """Return the messages of the last seven days, as the page has them when it is opened now."""
    await owner.open("acme", "/settings/usage/?days=7")
    figure = owner.page.locator(".figures > div").filter(has_text="sent by people").locator(".figure")
    return _number(await figure.inner_text())


async def test_what_is_said_in_a_chat_is_found_on_the_usage_page_and_in_its_file(people):
    owner, visitor = await people.new(), await people.new()
    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    await owner.page.get_by_role("link", name="Usage").first.wait_for()
    before = await _messages(owner)

    await visitor.open("acme")
    await visitor.ask("What is 6 * 7?")
    await visitor.ask("What is 7 * 8?")

    async def counted():
        return await _messages(owner) >= before + 2

    await until(counted, within=60)
    page = owner.page
    plot = page.get_by_role("img", name=re.compile("^Messages: at most"))
    await expect(plot).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("^Time until an answer is done"))).to_be_visible()

    await page.get_by_text("Day by day, as a table").click()
    last_row = page.get_by_role("region", name="Day by day").locator("tbody tr").first
    await expect(last_row).to_be_visible()
    shown = _number(await last_row.locator("td").first.inner_text())
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download as CSV").click()
    rows = _rows(await (await started.value).path())
    assert len(rows) == 7
    # The file may be of a later moment than the table, never of an earlier one.
    assert int(rows[-1]["messages"]) >= shown >= 1

    await expect_accessible(page)
    await owner.photograph("settings-usage")
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(page.url)
    await owner.photograph("settings-usage-dark-phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await owner.open("acme", "/settings/")
    await expect(page.get_by_role("img", name=re.compile("^Messages on each of the last 7 days"))).to_be_visible()
    await expect_accessible(page)
    await owner.photograph("settings-overview-usage-phone")


async def test_an_operator_sees_what_the_fleet_and_each_tenant_are_used(people):
    visitor, operator = await people.new(), await people.new()
    await visitor.open("acme")
    await visitor.ask("What is 6 * 7?")
    await operator.sign_in_to_admin()
    page = operator.page

    async def counted():
        await operator.open(path="/admin/")
        today = page.locator(".operators-count").filter(has_text="Messages today").locator("strong")
        return _number(await today.inner_text()) >= 1

    await until(counted, within=60)
    await expect(page.get_by_role("img", name=re.compile("^Tenants: at most"))).to_be_visible()
    await operator.photograph("operators-dashboard-usage")

    await operator.open(path="/admin/registry/tenant/")
    row = page.get_by_role("row").filter(has_text="acme.localhost")
    await expect(row.get_by_role("img", name=re.compile("^Messages by day"))).to_be_visible()
    await operator.photograph("operators-tenants-usage")
    await row.get_by_role("link").first.click()

    await page.get_by_role("link", name="Usage", exact=True).click()
    await expect(page.get_by_role("img", name=re.compile("^Messages: at most"))).to_be_visible()
    await expect_accessible(page)
    await photograph_everywhere(operator, "operators-tenant-usage")
