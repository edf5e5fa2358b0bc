"""A tenant whose changes wait: made by an operator, edited, published and brought back by its owner."""

import re
import secrets

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.running_stack import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]


async def make_patient_tenant(people, stack) -> tuple[str, str, str]:
    """Have an operator make a tenant whose changes wait; return its short name and its owner's e-mail and password."""
    slug, password = f"patient-{secrets.token_hex(4)}", secrets.token_hex(12)
    operator = await people.new()
    await operator.sign_in_to_admin()
    page = operator.page
    await operator.open(path="/admin/registry/tenant/add/")
    await page.locator("input[name=name]").fill("Patient")
    await page.locator("input[name=slug]").fill(slug)
    await page.locator("input[name=owner_email]").fill(f"owner@{slug}.example")
    await page.locator("input[name=owner_password]").fill(password)
    await page.locator("select[name=publish_on_save]").select_option("false")
    await operator.photograph("admin-create-patient-tenant")
    await page.get_by_role("button", name=re.compile("Create")).last.click()
    await expect(page.get_by_role("link", name=re.compile("chat", re.IGNORECASE)).first).to_be_visible(timeout=60_000)
    wait_until(lambda: stack.get(slug).status_code == 200, what="the new tenant's chat")
    return slug, f"owner@{slug}.example", password


async def test_an_owner_edits_reviews_publishes_discards_and_goes_back(people, stack):
    slug, email, password = await make_patient_tenant(people, stack)
    owner = await people.new(width=1280)
    page = owner.page
    await owner.open(slug, "/settings/branding/")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/settings/branding/")

    # Saved, and not yet live.
    await page.get_by_label("Display name").fill("Patient Desk")
    await page.locator("input[name=light_primary]").fill("#0f766e")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("It waits until you publish it.")).to_be_visible()
    assert "<title>Patient</title>" in stack.get(slug).text

    # Read on another page, and published with a note.
    await owner.open(slug, "/settings/features/")
    await page.get_by_text("2 unpublished changes").click()
    waiting = page.get_by_role("region", name="2 unpublished changes")
    await expect(waiting.get_by_text("Patient Desk")).to_be_visible()
    await owner.photograph("settings-unpublished-changes")
    await expect_accessible(page)
    await waiting.get_by_label("Note").fill("The new name")
    await waiting.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Published. Live as revision 2.")).to_be_visible()
    await expect(page.get_by_text("unpublished")).to_have_count(0)
    assert "<title>Patient Desk</title>" in stack.get(slug).text

    # Another one, discarded.
    await owner.open(slug, "/settings/branding/")
    await page.get_by_label("Display name").fill("Impatient Desk")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_text("1 unpublished change").click()
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Discard all").click()
    await expect(page.get_by_label("Display name")).to_have_value("Patient Desk")

    # Back to how it was, from the history, which tells what waits first.
    await page.get_by_label("Description").fill("Not for long.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await owner.open(slug, "/settings/history/")
    await expect(page.get_by_text("The new name")).to_be_visible()
    await page.get_by_text("2 changes", exact=True).click()
    await owner.photograph("settings-history")
    await expect_accessible(page)
    await page.get_by_role("link", name="Go back to revision 1…").click()
    await expect(page.get_by_text("The unpublished changes above are discarded by this.")).to_be_visible()
    await owner.photograph("settings-restore")
    await expect_accessible(page)
    await page.get_by_role("button", name="Discard them and go back").click()
    await expect(page.get_by_text("All is as it was in revision 1. Live as revision 3.")).to_be_visible()
    assert "<title>Patient</title>" in stack.get(slug).text


async def test_the_history_is_read_on_a_phone_in_the_dark(people, stack):
    slug, email, password = await make_patient_tenant(people, stack)
    owner = await people.new(width=390, height=844, scheme="dark")
    page = owner.page
    await owner.open(slug, "/settings/flags/")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/settings/flags/")
    await page.get_by_label("Name", exact=True).fill("beta")
    await page.get_by_role("button", name="Add the flag").click()
    await page.get_by_text("1 unpublished change").click()
    await expect(page.get_by_text("Flags / beta")).to_be_visible()
    await owner.photograph("settings-unpublished-changes-phone")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390

    # Publishing on save publishes what waits.
    await owner.open(slug, "/settings/history/")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("switch", name="Publish on save").click()
    await expect(page.get_by_text("Whatever is saved is live at once.").first).to_be_visible()
    await expect(page.get_by_role("heading", name="Revision 2")).to_be_visible()
    await owner.photograph("settings-history-phone")
