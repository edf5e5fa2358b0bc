"""An operator finds out who did something at a tenant, and takes it along."""

import csv
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.pictures import photograph_everywhere

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def _rows(file):
    return list(csv.DictReader(Path(file).read_text(encoding="utf-8").splitlines()))


async def test_an_operator_finds_who_set_a_flag_and_takes_the_entries_along(people):
    operator = await people.new()
    flag = f"found_{uuid4().hex[:8]}"
    await operator.sign_in_to_admin()
    page = operator.page
    await operator.open(path="/admin/registry/tenant/")
    await page.get_by_role("row").filter(has_text="acme.localhost").get_by_role("link").first.click()
    await page.get_by_role("link", name="Flags", exact=True).click()
    await page.locator("#id_name").fill(flag)
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text(flag).first).to_be_visible()

    await page.get_by_role("link", name="Audit log").first.click()
    await page.get_by_label("Tenant").fill("acme")
    await page.get_by_label("Action").select_option(label="Flag: set")
    await page.get_by_role("button", name="Find").click()
    row = page.locator("#entries tbody tr").filter(has_text=flag)
    await expect(row).to_contain_text("operator@example.com")
    await expect(page.locator("#entries")).not_to_contain_text("globex")
    await expect_accessible(page)

    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download as CSV").click()
    lines = _rows(await (await started.value).path())
    assert [line["actor"] for line in lines if line["target"] == flag] == ["operator@example.com"]
    assert {line["tenant"] for line in lines} == {"acme"}

    await photograph_everywhere(operator, "operators-audit")
    await row.get_by_role("link").first.click()
    await expect(page.get_by_text(flag).first).to_be_visible()
