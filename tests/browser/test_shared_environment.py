"""What operators set for every tenant reaches every tenant's app, and a worker says when it has."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.stack

# Nobody listens there, so an app that has these values says that its model cannot be reached.
VARIABLES = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-shared-by-all"}


async def _set(operator, name: str, value: str, *, is_secret: bool) -> None:
    page = operator.page
    await page.locator("#id_name").fill(name)
    await page.locator("#id_value").fill(value)
    await page.locator("#id_is_secret").set_checked(is_secret)
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("it is being brought to")).to_be_visible()
    await expect(page.locator("code", has_text=name)).to_be_visible()


async def _are_everywhere(operator) -> None:
    """Wait until the newest change of each variable has reached every tenant; the page follows the worker by itself."""
    changes = operator.page.locator("#rollouts tbody tr")
    for number in range(len(VARIABLES)):
        await expect(changes.nth(number)).to_contain_text(re.compile(r"Done\s+(\d+) of \1"), timeout=60_000)


async def _remove_all(operator) -> None:
    """Take away what is set, from a page that nothing was begun on."""
    await operator.reload()
    for name in VARIABLES:
        row = operator.page.locator("tr", has=operator.page.locator("code", has_text=name))
        if await row.count():
            await row.get_by_role("button", name="Remove").click()
            await operator.page.locator("dialog, [role=dialog]").get_by_role("button", name="Remove").click()
            await expect(row).to_have_count(0)


async def test_a_key_for_every_tenant_is_read_by_every_tenants_app(people, stack):
    operator = await people.new()
    await operator.sign_in_to_admin()
    await operator.page.get_by_role("link", name="Shared environment").first.click()
    try:
        for name, value in VARIABLES.items():
            await _set(operator, name, value, is_secret=name.endswith("KEY"))
        await _are_everywhere(operator)
        await operator.photograph("admin-shared-environment")
        assert VARIABLES["OPENAI_API_KEY"] not in await operator.page.content()

        visitor = await people.new()
        await visitor.open("acme")
        assert "could not be reached" in await visitor.ask("Good day")
        member = await people.new()
        await member.open("globex")
        await member.sign_in_to_chat("globex_member")
        assert "could not be reached" in await member.ask("Good day")
    finally:
        await _remove_all(operator)
    await _are_everywhere(operator)
    assert "could not be reached" not in await visitor.ask("Good day")
