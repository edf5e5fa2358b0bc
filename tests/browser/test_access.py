"""Who may enter, as an owner and an operator decide it in a browser, and as open chats feel it."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.clients.settings_client import SettingsClient

SCREENS = {"wide": (1440, 1000), "phone": (390, 844)}
AWAY = "203.0.113.0/24"


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_owner_sees_what_a_policy_would_do_before_it_is_saved(people, stack, screen, scheme):
    width, height = SCREENS[screen]
    owner = await people.new(width=width, height=height, scheme=scheme)
    await owner.open("globex", "/settings/access/")
    await owner.sign_in_to_settings("globex_owner")
    page, outcome = owner.page, owner.page.locator("[data-preview]")
    email = stack.sign_in("globex_member")[0]
    await expect(page.locator("[data-own-address]")).not_to_be_empty()
    own_address = await page.locator("[data-own-address]").inner_text()

    await page.get_by_label("A sign-in lasts").fill("8")
    await page.get_by_label("Sign out without use").fill("30")
    await page.get_by_label("Coming from").fill("198.51.100.7")
    await page.get_by_label("E-mail", exact=True).fill(email)
    await page.get_by_role("button", name="Add it").click()

    await expect(page.get_by_role("textbox", name="Networks")).to_have_value(own_address)
    await expect(outcome).to_contain_text("would be refused: 198.51.100.7 is in none of the allowed networks")
    await expect(outcome).to_contain_text("A sign-in lasts: 8 days (was: 15 days)")
    await expect(outcome).to_contain_text("Signed out: after 30 minutes without use (was: never)")
    await owner.photograph(f"settings-access-{screen}-{scheme}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await page.get_by_label("Coming from").fill(own_address)
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(outcome).to_contain_text("would be asked for a password")
    await page.get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("textbox", name="Networks")).to_have_value("")
    await expect(outcome).to_contain_text("Nothing: the form is as it is live.")


async def test_an_owner_who_would_lock_themselves_out_is_told_so_and_nothing_is_saved(people):
    owner = await people.new()
    await owner.open("globex", "/settings/access/")
    await owner.sign_in_to_settings("globex_owner")
    page = owner.page

    await page.get_by_role("textbox", name="Networks").fill(AWAY)
    await expect(page.locator("[data-preview]")).to_contain_text("you would lock yourself out")
    await page.get_by_role("button", name="Save and publish").click()
    await expect(
        page.get_by_text("which is in none of these networks: you would lock yourself out").first
    ).to_be_visible()
    await page.get_by_role("textbox", name="Networks").fill("")
    await page.get_by_label("Members with an e-mail address at certain domains").check()
    await page.get_by_role("textbox", name="E-mail domains").fill("elsewhere.example")
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("No owner could sign in any more").first).to_be_visible()
    await owner.photograph("settings-access-refused")

    await owner.open("globex", "/settings/access/")
    await expect(page.get_by_role("textbox", name="Networks")).to_have_value("")


async def test_an_open_chat_is_covered_when_an_operator_shuts_its_network_out_and_goes_on_after(people):
    visitor, neighbour = await people.new(), await people.new()
    await visitor.open("acme")
    await neighbour.open("globex", "/login")
    assert "42" in await visitor.ask("What is 6 * 7?")
    operator = await people.new()
    await operator.sign_in_to_admin()
    await operator.page.locator("a[href$='/registry/tenant/']").first.click()
    await operator.page.locator("#result_list, table").get_by_role("link", name="Acme").first.click()
    await operator.page.get_by_role("link", name="Access", exact=True).click()
    networks = operator.page.get_by_label("Networks")

    await networks.fill(AWAY)
    await operator.page.get_by_role("button", name="Ask", exact=True).click()
    await expect(operator.page.get_by_text(f"Networks: {AWAY} (was: any)")).to_be_visible()
    await operator.photograph("admin-access-asked")
    await operator.page.get_by_role("button", name="Save and publish").click()
    try:
        await expect(visitor.page.get_by_role("heading", name="Not from this network")).to_be_visible()
        await visitor.photograph("chat-network-refused")
        latecomer = await people.new(width=390, height=844, scheme="dark")
        await latecomer.open("acme")
        await expect(latecomer.page.get_by_text("is in none of them")).to_be_visible()
        await latecomer.photograph("page-network-refused-dark-phone")
        await expect(neighbour.page.locator("#email")).to_be_visible()
    finally:
        await networks.fill("")
        await operator.page.get_by_role("button", name="Save and publish").click()
    await expect(visitor.page.locator("#live-notice")).to_have_count(0, timeout=30_000)
    assert "15" in await visitor.ask("What is 3 * 5?")


async def test_somebody_who_types_keeps_their_sign_in_where_unused_ones_end(people, stack):
    member = await people.new()
    await member.open("globex", "/login")
    await member.sign_in_to_chat("globex_member")
    await member.page.locator("#chat-input").wait_for()
    with SettingsClient(stack.port, "globex") as owner:
        await asyncio.to_thread(owner.sign_in, *stack.sign_in("globex_owner"))
        idle = {"idle_seconds_0": "30", "idle_seconds_1": "minutes"}
        await asyncio.to_thread(owner.submit, "/settings/access/", idle)
        try:
            await member.reload()
            await member.page.locator("#chat-input").wait_for()
            async with member.page.expect_response("**/_live/use") as told:
                await member.page.locator("#chat-input").click()
            assert (await told.value).status == 204
        finally:
            await asyncio.to_thread(owner.submit, "/settings/access/", {"idle_seconds_0": ""})
