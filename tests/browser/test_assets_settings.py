"""A tenant's owner brings files in on the settings page, and visitors of the chat see them."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tenants.portal.brand import CHAINLIT_COLOURS
from tenants.portal.contrast import ENOUGH, contrast_ratio, ink_on
from tests.browser.uploading import choose, drop, logo, open_settings, place
from tests.clients.settings_client import SettingsClient
from tests.conftest import CHECKOUT
from tests.running_stack import wait_until

pytestmark = pytest.mark.stack

LIVE = re.compile(r"Live as revision \d+\.")
FONT = (CHECKOUT / "runtime/page_files/katex/fonts/KaTeX_SansSerif-Regular.woff2").read_bytes()
WAIT = 60_000


async def test_a_logo_that_is_dropped_is_followed_step_by_step_until_the_chat_shows_it(people, stack):
    owner, visitor = await people.new(), await people.new()
    await visitor.open("acme")
    globex = stack.get("globex", "/logo?theme=light").headers.get("location")
    await open_settings(owner, "branding")

    await drop(owner, place(owner, "logo_light/"), "rockets.png", logo("#0f766e"))

    await expect(place(owner, "logo_light/", "pending")).to_be_visible()
    await expect(place(owner, "logo_light/", "published")).to_be_visible(timeout=WAIT)
    await expect(place(owner, "logo_light/")).to_contain_text("Live: rockets.png, 480 by 160 pixels")
    await expect(owner.page.get_by_text(LIVE)).to_be_visible()
    await owner.photograph("settings-logo-live")
    address = await place(owner, "logo_light/").locator("img").get_attribute("src")
    shown = visitor.page.locator("img[alt=logo]").first
    await expect(shown).to_have_js_property("naturalWidth", 480, timeout=WAIT)
    assert (
        stack.get("acme", "/logo?theme=light").headers["location"].split("/_assets/")[1]
        == address.split("/_assets/")[1]
    )
    assert stack.get("globex", "/logo?theme=light").headers.get("location") == globex

    await place(owner, "logo_light/").get_by_text("Add a description").click()
    await place(owner, "logo_light/").get_by_label("What the picture shows").fill("Acme's rocket")
    await place(owner, "logo_light/").get_by_role("button", name="Save").click()
    await expect(place(owner, "logo_light/").locator('img[alt="Acme\'s rocket"]')).to_be_visible()


async def test_a_refused_picture_says_why_and_what_is_live_stays(people, stack):
    owner = await people.new(scheme="dark")
    await open_settings(owner, "branding")
    await choose(place(owner, "favicon/"), "icon.png", logo("#b45309", (512, 512)))
    await expect(place(owner, "favicon/", "published")).to_contain_text("180", timeout=WAIT)
    address = await place(owner, "favicon/").locator("img").get_attribute("src")

    await choose(place(owner, "favicon/"), "torn.png", logo("#b45309", (512, 512))[:200])

    await expect(place(owner, "favicon/", "failed")).to_contain_text("“torn.png” was refused.", timeout=WAIT)
    await expect(place(owner, "favicon/")).to_contain_text("The one before stays live.")
    await owner.photograph("settings-refused")
    assert await place(owner, "favicon/").locator("img").get_attribute("src") == address

    owner.page.on("dialog", lambda dialog: dialog.accept())
    await place(owner, "favicon/").get_by_role("button", name="Remove").click()
    await expect(place(owner, "favicon/", "empty")).to_be_visible()
    await expect(owner.page.get_by_text(re.compile(r"Removed\. Live as revision \d+\."))).to_be_visible()


async def test_a_web_address_that_leads_into_our_own_network_is_refused_with_the_reason(people, stack):
    owner = await people.new()
    await open_settings(owner, "branding")
    there = place(owner, "open_graph/")
    await there.get_by_text("From a web address").click()
    await there.get_by_label("Web address of the file").fill(f"http://localhost:{stack.port}/healthz")
    await there.get_by_role("button", name="Fetch").click()
    await expect(place(owner, "open_graph/", "failed")).to_contain_text("was refused.", timeout=WAIT)
    await owner.photograph("settings-address-refused")


async def test_a_colour_of_the_logo_is_chosen_and_made_readable_before_it_is_saved(people, stack):
    owner = await people.new()
    await open_settings(owner, "branding", tenant="globex")
    await choose(place(owner, "logo_light/"), "sun.png", logo("#fde047"))
    await expect(place(owner, "logo_light/", "published")).to_be_visible(timeout=WAIT)
    page = owner.page

    await page.get_by_role("button", name="Use #fde047 from your logo, Light theme").click()

    field = page.locator("input[name=light_primary]")
    await expect(field).to_have_value("#fde047")
    row = page.locator("[data-palette=light] [data-part=primary]")
    await expect(row.locator("[data-colour-hint]")).to_contain_text("should be 3 : 1")
    await owner.photograph("settings-suggested-colour")
    await row.get_by_role("button", name=re.compile(r"Use #[0-9a-f]{6} instead")).click()
    await expect(row.locator("[data-colour-hint]")).to_contain_text("text on it")
    readable = await field.input_value()
    assert contrast_ratio(readable, CHAINLIT_COLOURS["light_background"]) >= 3
    assert contrast_ratio(ink_on(readable), readable) >= ENOUGH
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text(LIVE).first).to_be_visible()
    await expect(page.locator("input[name=light_primary]")).to_have_value(readable)


async def test_avatar_font_style_sheet_and_public_file_reach_the_chat(people, stack):
    owner = await people.new()
    await open_settings(owner, "files")
    page = owner.page

    avatars = page.locator("form[data-add=avatar]")
    await avatars.get_by_label("Author's name").fill("Rocket Desk")
    await choose(avatars, "desk.png", logo("#7c3aed", (128, 128)))
    await avatars.get_by_role("button", name="Add the avatar").click()
    await expect(place(owner, "avatar/rocket_desk", "published")).to_be_visible(timeout=WAIT)
    assert stack.get("acme", "/avatars/Rocket Desk").is_redirect

    await choose(place(owner, "font/regular"), "Acme Sans.woff2", FONT, "font/woff2")
    await expect(place(owner, "font/regular", "published")).to_contain_text("KaTeX_SansSerif", timeout=WAIT)
    await page.wait_for_function(
        "() => [...document.fonts].some((f) => f.family.includes('own-regular') && f.status === 'loaded')"
    )

    await choose(place(owner, "stylesheet/"), "acme.css", b"#root { outline: 3px solid rgb(1, 2, 3) }", "text/css")
    await expect(place(owner, "stylesheet/", "published")).to_be_visible(timeout=WAIT)

    public = page.locator("form[data-add=public_file]")
    await drop(owner, public, "price list.txt", b"One rocket: 12\n", "text/plain")
    await expect(public.get_by_label("Path")).to_have_value("price-list.txt")
    await public.get_by_label("Path").fill("docs/price-list.txt")
    await public.get_by_role("button", name="Add the file").click()
    await expect(place(owner, "public_file/docs/price-list.txt", "published")).to_be_visible(timeout=WAIT)
    await owner.photograph("settings-files")
    assert stack.get("acme", "/public/docs/price-list.txt", follow_redirects=True).text == "One rocket: 12\n"
    assert stack.get("globex", "/public/docs/price-list.txt").status_code == 404

    visitor = await people.new()
    await visitor.open("acme")
    await visitor.page.wait_for_function(
        "() => getComputedStyle(document.getElementById('root')).outlineColor === 'rgb(1, 2, 3)'"
    )


async def test_without_scripts_a_form_carries_the_file_to_the_store_and_back(people, stack):
    owner = await people.new(scripts=False)
    await open_settings(owner, "branding")
    await place(owner, "login_image/").get_by_role("button", name="Choose a file").click()
    await owner.page.get_by_label("File").set_input_files(
        {"name": "hall.png", "mimeType": "image/png", "buffer": logo("#334155", (900, 600))}
    )
    await owner.page.get_by_role("button", name="Upload").click()
    await owner.page.wait_for_url("**/settings/branding/#images")
    await expect(owner.page.get_by_text("The file is being checked.")).to_be_visible()
    with SettingsClient(stack.port, "acme") as client:
        client.sign_in(*stack.sign_in("acme_owner"))
        live = lambda: client.file_state("login_image")["state"] == "published"  # noqa: E731
        await asyncio.to_thread(wait_until, live, what="the published picture")


async def test_everything_on_the_page_of_files_has_a_name_and_can_be_reached_by_keyboard(people):
    owner = await people.new(width=390, height=844)
    await open_settings(owner, "files")
    page = owner.page
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll(
            "main :is(input:not([type=hidden]), button, a, summary, meter, progress)")]
          .filter((element) => element.checkVisibility())
          .filter((element) => !(element.labels?.length || element.ariaLabel || element.getAttribute("aria-labelledby")
            || element.textContent.trim()))
          .map((element) => element.outerHTML)"""
    )
    assert nameless == []
    repeated = await page.evaluate(
        """() => { const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
          return ids.filter((id, at) => ids.indexOf(id) !== at) }"""
    )
    assert repeated == []

    await page.locator("form[data-add=avatar] input[name=name]").focus()
    reached = []
    for _ in range(4):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.type || document.activeElement.tagName"))
    assert reached == ["file", "SUMMARY", "submit", "file"]

    # The way to a web address opens with the keyboard alone, and a mistake is told where it was made.
    summary = place(owner, "stylesheet/").locator("summary").first
    await summary.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("https://localhost/acme.css")
    await page.keyboard.press("Enter")
    await expect(place(owner, "stylesheet/", "failed")).to_contain_text("was refused.", timeout=WAIT)
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
