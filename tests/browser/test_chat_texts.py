"""An owner writes a welcome in two languages and a starter; people of both languages find them in the chat."""

import secrets

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import expect_accessible

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]


async def _open_page(people, tenant="acme"):
    owner = await people.new(width=1440, height=960)
    await owner.open(tenant, "/settings/chat/")
    await owner.sign_in_to_settings(f"{tenant}_owner")
    await owner.page.get_by_role("heading", name="Texts by language").wait_for()
    return owner


async def _add_texts(owner, language, welcome, new_chat=""):
    """Add a language with its welcome text, and the word of a button."""
    await owner.page.get_by_role("button", name="Add a language").click()
    row = owner.page.get_by_role("group", name="Texts of a language").last
    await row.get_by_label("Language", exact=True).select_option(language)
    await row.get_by_role("textbox", name="Welcome text", exact=True).fill(welcome)
    if new_chat:
        await row.get_by_text("Words of the page").click()
        await row.get_by_label("Button for a new chat").fill(new_chat)


async def _read_welcome(person):
    """Open the welcome text as somebody in the chat does; return the window that it is in."""
    await person.page.locator("#chat-input").wait_for()
    await person.page.locator("#readme-button").click()
    return person.page.get_by_role("dialog")


async def test_people_of_two_languages_find_the_welcome_and_the_starter_that_an_owner_writes(people, stack):
    mark = secrets.token_hex(4)
    owner = await _open_page(people)
    await _add_texts(owner, "en", f"# Welcome {mark}\n\nAsk **anything**.")
    await _add_texts(owner, "de", f"# Willkommen {mark}", new_chat=f"Neu {mark}")
    await owner.page.get_by_role("button", name="Add a starter").click()
    starter = owner.page.get_by_role("group", name="Starter").last
    await starter.get_by_label("Label").fill(f"Sum {mark}")
    await starter.get_by_label("Message that is sent").fill(f"What is 6 * 7? ({mark})")
    await owner.page.get_by_role("button", name="Save and publish").click()
    await expect(owner.page.get_by_text("Chat saved. Live as revision")).to_be_visible()
    await expect(owner.page.get_by_role("textbox", name="Welcome text", exact=True).first).to_have_value(
        f"# Willkommen {mark}"
    )

    english, german = await people.new(), await people.new(locale="de-AT")
    for person, heading in ((english, f"Welcome {mark}"), (german, f"Willkommen {mark}")):
        await person.open("acme")
        await expect((await _read_welcome(person)).get_by_role("heading", name=heading)).to_be_visible()
        await person.page.keyboard.press("Escape")
        await expect(person.page.get_by_role("button", name=f"Sum {mark}")).to_be_visible()
    await german.photograph("chat-texts-german")
    assert f"Neu {mark}" in await german.page.evaluate(
        "fetch('/project/translations?language=de-AT').then(r => r.text())"
    )
    assert mark not in stack.get("globex", "/project/translations?language=de-AT").text

    await english.page.get_by_role("button", name=f"Sum {mark}").click()
    await expect(english.page.locator("[data-step-type=user_message]").last).to_contain_text(f"What is 6 * 7? ({mark})")

    await expect_accessible(owner.page)
    await owner.photograph("settings-chat")
    await owner.page.emulate_media(color_scheme="dark")
    await owner.photograph("settings-chat-dark")
    await owner.page.set_viewport_size({"width": 390, "height": 844})
    await owner.photograph("settings-chat-dark-phone")
    await owner.page.emulate_media(color_scheme="light")
    await owner.photograph("settings-chat-phone")
    assert await owner.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_starter_is_seen_in_the_preview_before_it_is_saved(people, stack):
    mark = secrets.token_hex(4)
    owner = await _open_page(people)
    frame = owner.page.frame_locator("[data-live-frame]")
    await expect(frame.locator("#chat-input")).to_be_visible(timeout=60_000)
    await owner.page.get_by_role("button", name="Add a starter").click()
    starter = owner.page.get_by_role("group", name="Starter").last
    await starter.get_by_label("Label").fill(f"Sum {mark}")
    await starter.get_by_label("Message that is sent").fill("What is 6 * 7?")
    await expect(frame.get_by_role("button", name=f"Sum {mark}")).to_be_visible()
    assert mark not in stack.get("acme", "/project/settings?language=en-US").text
    await owner.page.get_by_role("button", name="Discard").click()
