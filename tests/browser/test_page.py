"""The page itself in a real browser: what values may hold, and that fonts and mathematics come from us."""

import re

import pytest
from playwright.async_api import expect

from tests.clients.settings_client import SettingsClient

pytestmark = pytest.mark.stack

HOSTILE_NAME = "</title><script>window.hurt = 1</script>"
HOSTILE_DESCRIPTION = '"><img src=x onerror="window.hurt = 2">'
LOADED_FONTS = "() => [...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)"


async def test_whatever_a_name_holds_is_a_name(people, stack):
    visitor = await people.new()
    with SettingsClient(stack.port, "acme") as owner:
        owner.sign_in(*stack.sign_in("acme_owner"))
        owner.change_branding(display_name=HOSTILE_NAME, description=HOSTILE_DESCRIPTION)
        await visitor.open("acme")
        await expect(visitor.page).to_have_title(HOSTILE_NAME)
        described = visitor.page.locator("meta[property='og:description']")
        await expect(described).to_have_attribute("content", HOSTILE_DESCRIPTION)
        await expect(visitor.page.locator("link[rel=canonical]")).to_have_attribute("href", stack.url("acme"))
        await visitor.page.locator("#chat-input").wait_for()
        owner.change_branding(display_name=f"{HOSTILE_NAME} again", description="")
        await expect(visitor.page).to_have_title(f"{HOSTILE_NAME} again")
        assert await visitor.page.evaluate("() => window.hurt") is None


async def test_mathematics_and_letters_are_drawn_with_fonts_of_ours(people, stack):
    owner, visitor = await people.new(), await people.new()
    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    await set_mathematics(owner, "On")
    await visitor.open("acme")
    await visitor.ask("$$\\sqrt{\\frac{a}{b}}$$")
    formula = visitor.page.locator(".katex-html").first
    await expect(formula).to_be_visible()
    # KaTeX hides what is for screen readers by its stylesheet alone.
    assert (await visitor.page.locator(".katex-mathml").first.bounding_box())["width"] <= 1
    for family in ("KaTeX_Main", "KaTeX_Math"):
        await visitor.page.wait_for_function(f"family => ({LOADED_FONTS})().includes(family)", arg=family)
    await visitor.photograph("mathematics")
    # Inter is shown where the tenant has chosen no font.
    assert await visitor.page.evaluate("() => document.fonts.load('16px Inter').then(fonts => fonts.length)") > 0


async def set_mathematics(owner, choice):
    await owner.open("acme", "/settings/features/")
    await owner.page.get_by_role("radiogroup", name="Mathematics").get_by_role("radio", name=choice).check()
    await owner.page.get_by_role("button", name="Save and publish").click()
    await expect(owner.page.get_by_text(re.compile(r"Live as revision \d+")).first).to_be_visible()
