"""Operators and a tenant's files: code waits for their word, a quota holds, an old logo comes back."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.uploading import choose, logo, open_settings, place

pytestmark = pytest.mark.stack

WAIT = 60_000


async def open_tenant(operator, tenant: str, tab: str) -> None:
    """Sign in to the admin and open a tab of a tenant."""
    await operator.sign_in_to_admin()
    await operator.page.locator("a[href$='/registry/tenant/']").first.click()
    await operator.page.locator("#result_list, table").get_by_role("link", name=tenant).first.click()
    await operator.page.wait_for_url("**/change/")
    await operator.page.get_by_role("link", name=tab, exact=True).click()
    await operator.page.wait_for_url("**/registry/tenant/*/*/")


async def confirm(operator, button: str) -> None:
    """Say yes to the question of a button."""
    await operator.page.get_by_role("dialog").get_by_role("button", name=button).click()


async def test_a_script_waits_until_an_operator_has_read_it_and_then_runs_in_the_chat(people, stack):
    owner, operator = await people.new(), await people.new()
    await open_settings(owner, "files")
    script = b"document.documentElement.dataset.greeting = 'from acme';\n"
    await choose(place(owner, "script/"), "greeting.js", script, "text/javascript")
    await expect(place(owner, "script/", "waiting")).to_contain_text("Waiting for an operator", timeout=WAIT)
    await owner.photograph("settings-script-waits")

    await open_tenant(operator, "Acme", "Files")
    await operator.page.get_by_role("row").filter(has_text="greeting.js").get_by_role("link", name="Review").click()
    await expect(operator.page.locator(".operators-review")).to_contain_text("dataset.greeting = 'from acme'")
    await operator.photograph("admin-review")
    await operator.page.get_by_role("button", name="Approve").click()
    await confirm(operator, "Approve")
    await expect(operator.page.get_by_text("Let in.")).to_be_visible()
    await expect(operator.page.locator("#files")).to_contain_text("let in by", timeout=WAIT)
    await operator.photograph("admin-files")

    visitor, neighbour = await people.new(), await people.new()
    await visitor.open("acme")
    await visitor.page.wait_for_function("() => document.documentElement.dataset.greeting === 'from acme'")
    await neighbour.open("globex")
    await neighbour.page.locator("#email").wait_for()
    assert await neighbour.page.evaluate("document.documentElement.dataset.greeting") is None


async def test_a_full_storage_refuses_an_upload_in_words_until_there_is_room_again(people, stack):
    owner, operator = await people.new(), await people.new()
    await open_tenant(operator, "Globex", "Files")
    await operator.page.get_by_label("Quota in MB").fill("0")
    await operator.page.get_by_role("button", name="Save quota").click()
    await expect(operator.page.get_by_text("Storage quota saved.")).to_be_visible()

    try:
        await open_settings(owner, "files", tenant="globex")
        await expect(owner.page.get_by_text("The storage is full")).to_be_visible()
        await choose(place(owner, "stylesheet/"), "globex.css", b"p { margin: 0 }", "text/css")
        await expect(place(owner, "stylesheet/", "failed")).to_contain_text("are in use")
        await owner.photograph("settings-storage-full")
    finally:
        await operator.page.get_by_label("Quota in MB").fill("")
        await operator.page.get_by_role("button", name="Save quota").click()
        await expect(operator.page.get_by_text("of 500.0")).to_be_visible()
    await choose(place(owner, "stylesheet/"), "globex.css", b"p { margin: 0 }", "text/css")
    await expect(place(owner, "stylesheet/", "published")).to_be_visible(timeout=WAIT)


async def test_an_operator_goes_back_to_a_revision_and_its_logo_is_in_the_chat_again(people, stack):
    owner, operator = await people.new(), await people.new()
    await open_settings(owner, "branding")
    await choose(place(owner, "logo_dark/"), "first.png", logo("#1d4ed8"))
    await expect(place(owner, "logo_dark/", "published")).to_contain_text("first.png", timeout=WAIT)
    first = stack.get("acme", "/logo?theme=dark").headers["location"]
    revision = await owner.page.locator("[data-files]").get_attribute("data-revision")
    await choose(place(owner, "logo_dark/"), "second.png", logo("#be123c"))
    await expect(place(owner, "logo_dark/")).to_contain_text("second.png", timeout=WAIT)
    await expect(place(owner, "logo_dark/", "published")).to_be_visible(timeout=WAIT)
    assert stack.get("acme", "/logo?theme=dark").headers["location"] != first

    await open_tenant(operator, "Acme", "History")
    await operator.page.get_by_role("button", name=f"Restore revision {revision}", exact=True).click()
    await operator.photograph("admin-restore")
    await confirm(operator, "Restore")

    await expect(operator.page.get_by_text(re.compile(r"Published as revision \d+\."))).to_be_visible()
    assert stack.get("acme", "/logo?theme=dark").headers["location"] == first
    await owner.reload()
    await expect(place(owner, "logo_dark/", "published")).to_contain_text("first.png")
