"""A picture is cut in the browser before it is uploaded, by keyboard and by pointer."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.uploading import logo, open_settings, place

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

WAIT = 60_000
PICTURE = logo("#0f766e")
DRAWN = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="90"><path d="M0 0h300v90H0z"/></svg>'


async def crop_first(where, name, content, kind="image/png"):
    """Choose a file with the button that opens the dialog; the file is 480 by 160 pixels."""
    await where.locator("[data-crop]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


async def test_a_logo_is_cropped_by_keyboard_and_only_what_stays_is_published(people):
    owner = await people.new()
    await open_settings(owner, "branding")
    await crop_first(place(owner, "logo_light/"), "margins.png", PICTURE)
    dialog = owner.page.get_by_role("dialog", name="Crop the picture")
    await expect(dialog).to_contain_text("480 by 160 pixels stay.")
    await dialog.get_by_label("Left").fill("80")
    await dialog.get_by_label("Bottom").focus()
    for _ in range(20):
        await owner.page.keyboard.press("ArrowUp")
    await expect(dialog).to_contain_text("400 by 140 pixels stay.")
    await owner.photograph("crop-wide-light")
    await expect_accessible(owner.page)
    await dialog.get_by_label("Bottom").press("Enter")

    await expect(place(owner, "logo_light/", "published")).to_contain_text(
        "Live: margins.png, 400 by 140 pixels", timeout=WAIT
    )
    await expect(dialog).to_be_hidden()


async def test_a_part_is_chosen_by_dragging_and_the_original_stays_possible(people):
    owner = await people.new(scheme="dark")
    await open_settings(owner, "branding")
    where = place(owner, "logo_dark/")
    await owner.page.set_viewport_size({"width": 390, "height": 844})
    await crop_first(where, "whole.png", PICTURE)
    dialog = owner.page.get_by_role("dialog", name="Crop the picture")
    box = await dialog.locator("canvas").bounding_box()
    await owner.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    await owner.page.mouse.down()
    await owner.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    await owner.page.mouse.up()
    kept = re.search(r"(\d+) by (\d+) pixels stay", await dialog.inner_text())
    assert abs(int(kept[1]) - 120) <= 4
    assert abs(int(kept[2]) - 40) <= 4
    await owner.photograph("crop-phone-dark")
    await expect_accessible(owner.page)
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await owner.page.evaluate(overflow)
    await dialog.get_by_label("Left").fill("9000")
    await expect(dialog).to_contain_text(f"1 by {kept[2]} pixels stay.")
    await dialog.get_by_role("button", name="Reset").click()
    await expect(dialog).to_contain_text("480 by 160 pixels stay.")
    await dialog.get_by_role("button", name="Upload as it is").click()
    await expect(place(owner, "logo_dark/", "published")).to_contain_text("480 by 160 pixels", timeout=WAIT)


async def test_an_svg_goes_as_it_is_and_who_cancels_uploads_nothing(people):
    owner = await people.new()
    await open_settings(owner, "branding")
    where, dialog = place(owner, "logo_light/"), owner.page.get_by_role("dialog", name="Crop the picture")
    before = await where.get_attribute("data-mark")
    await crop_first(where, "never.png", PICTURE)
    await expect(dialog).to_be_visible()
    await owner.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert await where.get_attribute("data-mark") == before

    await crop_first(where, "drawn.svg", DRAWN, "image/svg+xml")
    await expect(place(owner, "logo_light/", "published")).to_contain_text("Live: drawn.svg", timeout=WAIT)
    await expect(dialog).to_be_hidden()
