"""An operator looks at a tenant's settings as its owners see them; the owner reads of it."""

import re
import secrets

from playwright.async_api import expect

from tests.browser.navigation import go
from tests.browser.pictures import photograph_everywhere
from tests.clients.settings_client import SettingsClient


async def test_an_operator_looks_at_a_tenant_with_a_reason_and_its_owner_reads_it(people, stack):
    operator, owner = await people.new(width=1280), await people.new(width=1280)
    reason = f"Ticket {secrets.token_hex(3)}: the logo is not shown"
    name = f"Acme {secrets.token_hex(3)}"
    with SettingsClient(stack.port, "acme") as administrator:
        administrator.sign_in(*stack.sign_in("acme_owner"))
        administrator.change_branding(display_name=name)
    await operator.sign_in_to_admin()
    await operator.open(path="/admin/registry/tenant/")
    await operator.page.locator("#result_list, table").get_by_role("link", name="Acme").first.click()
    card = operator.page.locator("form", has=operator.page.locator("[value='view-as']"))
    async with operator.context.expect_page() as opened:
        await card.get_by_role("button", name="View its settings").click()
    refused = await opened.value
    await expect(refused.get_by_text("Say why. The tenant's owners read it.")).to_be_visible()
    await refused.close()
    await card.get_by_label("Reason").fill(reason)
    await photograph_everywhere(operator, "visit-asked")
    async with operator.context.expect_page() as opened:
        await card.get_by_role("button", name="View its settings").click()
    operator.page = await opened.value
    operator.watch()
    await expect(operator.page).to_have_url(re.compile(r"//acme\.localhost:\d+/settings/$"))
    await expect(operator.page.get_by_text(reason)).to_be_visible()
    await expect(operator.page.get_by_text("15 minutes")).to_be_visible()
    await photograph_everywhere(operator, "visit-overview")
    await operator.page.get_by_role("link", name="Branding").first.click()
    await expect(operator.page.get_by_label("Display name")).to_have_value(name)
    await expect(operator.page.get_by_role("button", name="Save", exact=False).first).to_be_disabled()
    await photograph_everywhere(operator, "visit-branding")
    link_back = operator.page.url

    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    await owner.open("acme", "/settings/members/")
    await owner.page.get_by_text(reason).scroll_into_view_if_needed()
    await photograph_everywhere(owner, "visit-told")

    await operator.page.get_by_role("button", name="End the view").click()
    await expect(operator.page.get_by_role("heading", name="The view has ended")).to_be_visible()
    await photograph_everywhere(operator, "visit-ended")
    await go(operator.page, link_back)
    await expect(operator.page.get_by_role("heading", name="Sign in to the settings")).to_be_visible()
    await expect(owner.page.get_by_text(reason)).to_be_visible()
