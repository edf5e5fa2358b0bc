"""An owner gives a flag to some people and asks what somebody would see; globex ends as it began."""

import secrets

from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.pictures import photograph_everywhere


async def test_an_owner_gives_a_flag_to_some_people_and_sees_what_they_would_get(people):
    owner = await people.new(width=1280)
    page = owner.page
    page.on("dialog", lambda dialog: dialog.accept())
    mark = secrets.token_hex(4)
    flag, ann = f"model_{mark}", f"ann-{mark}@globex.example"
    await owner.open("globex", "/settings/")
    await owner.sign_in_to_settings("globex_owner")
    await expect(page.get_by_role("navigation").get_by_role("link", name="Flags")).to_be_visible()
    await owner.open("globex", "/settings/flags/")
    await page.get_by_label("Name", exact=True).fill(flag)
    await page.get_by_label("Values").select_option("Texts")
    await page.get_by_role("button", name="Add the flag").click()
    await expect(page.get_by_role("heading", name=flag)).to_be_visible()
    try:
        values = page.locator("section", has=page.locator("#values-title"))
        await values.get_by_label("Value", exact=True).fill("small-model")
        await values.get_by_role("button", name="Add a value").click()
        await values.get_by_label("Name").nth(1).fill("large")
        await values.get_by_label("Value", exact=True).nth(1).fill("large-model")
        rules = page.locator("section", has=page.locator("#rules-title"))
        await rules.get_by_role("button", name="Add a rule").click()
        await rules.get_by_label("Give").fill("large")
        await rules.get_by_label("Members").fill(ann)
        await expect_accessible(page)
        await photograph_everywhere(owner, "flags-rules")
        await page.get_by_role("button", name="Save and publish").click()
        await expect(page.get_by_text(f"Flag {flag} saved.")).to_be_visible()

        await owner.open("globex", "/settings/flags/")
        await page.get_by_role("switch", name=flag).click()
        await expect(page.get_by_text(f"Flag {flag} is on.")).to_be_visible()
        await expect(page.get_by_text(f"large for {ann}; default for everybody else")).to_be_visible()
        await page.get_by_label("E-mail address").fill(ann)
        await page.get_by_role("button", name="Show").click()
        row = page.get_by_role("row").filter(has_text=flag)
        await expect(row).to_contain_text("large-model")
        await expect(row).to_contain_text(f"Rule 1 is for {ann}.")
        await expect_accessible(page)
        await photograph_everywhere(owner, "flags-trial")
        await page.get_by_label("E-mail address").fill(f"bob-{mark}@globex.example")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("row").filter(has_text=flag)).to_contain_text("small-model")
    finally:
        await owner.open("globex", "/settings/flags/")
        await page.get_by_role("button", name=f"Remove {flag}").click()
        await expect(page.get_by_text(f"Flag {flag} removed.")).to_be_visible()
