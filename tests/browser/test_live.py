"""Open chats follow their tenant: two tenants, several tabs, two runtime processes, and no page loads anew."""

import asyncio
import io
import re
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from controlplane.supervisor.ports import choose_port
from tests.clients.operator_client import OperatorClient
from tests.clients.settings_client import SettingsClient
from tests.running_stack import RunningStack

pytestmark = pytest.mark.stack

STAYS = "() => { window.notLoadedAnew = true }"
STAYED = "() => window.notLoadedAnew === true"


@pytest.fixture(scope="module")
def stack():
    """The whole stack with two runtime processes."""
    directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-live-"))
    directory.chmod(0o711)  # Postgres' own user passes through
    running_stack = RunningStack(directory / "data", choose_port(), RUNTIME_COUNT="2")
    running_stack.start()
    try:
        yield running_stack
    finally:
        running_stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def operator(stack):
    with OperatorClient(stack.port) as client:
        client.sign_in(*stack.sign_in("operator"))
        yield client


@pytest.fixture
def owner(stack):
    """The owner of acme at the settings page."""
    with SettingsClient(stack.port, "acme") as client:
        client.sign_in(*stack.sign_in("acme_owner"))
        yield client


@pytest.fixture
def globex_owner(stack):
    with SettingsClient(stack.port, "globex") as client:
        client.sign_in(*stack.sign_in("globex_owner"))
        yield client


async def opened(person, tenant="acme", path="/"):
    """Open a tenant's chat, wait until it is connected and follows changes, and mark it."""
    await person.open(tenant, path)
    await person.page.locator("#chat-input, #email").first.wait_for()
    await person.page.wait_for_function("() => navigator.locks.query().then(locks => locks.held.length > 0)")
    await person.page.evaluate(STAYS)


async def two_at_different_processes(people):
    """Return people whose browsers the gateway keeps at two different processes."""
    found = {}
    for _ in range(16):
        person = await people.new()
        await opened(person)
        cookies = {cookie["name"]: cookie["value"] for cookie in await person.context.cookies()}
        found.setdefault(cookies["runtime"], person)
        if len(found) == 2:
            return list(found.values())
    pytest.fail("The gateway led sixteen visitors to one process.")


def css(variable):
    return f"() => getComputedStyle(document.documentElement).getPropertyValue('{variable}').trim()"


async def becomes(page, expression, value):
    await page.wait_for_function(f"value => ({expression})() === value", arg=value)


async def test_name_and_colours_reach_every_tab_at_every_process(people, owner):
    first, second = await two_at_different_processes(people)
    tab = await first.context.new_page()
    await tab.goto(first.page.url)
    await tab.locator("#chat-input").wait_for()
    await tab.evaluate(STAYS)
    stranger = await people.new()
    await opened(stranger, "globex", "/login")
    globex_title = await stranger.page.title()
    await first.page.locator("#chat-input").click()
    await first.page.keyboard.type("not sent yet")

    await asyncio.to_thread(owner.change_branding, display_name="Acme Live", light_primary="#16a34a")
    saved = time.monotonic()

    for page in (first.page, second.page, tab):
        await expect(page).to_have_title("Acme Live")
        await becomes(page, css("--primary"), "142.1 76.2% 36.3%")
    print(f"seen after {time.monotonic() - saved:.3f} s")  # noqa: T201 - a measure for whoever runs this with -s
    await expect(first.page.locator("#chat-input")).to_contain_text("not sent yet")
    await first.photograph("live-colours")
    await expect(stranger.page).to_have_title(globex_title)
    for page in (first.page, second.page, tab, stranger.page):
        assert await page.evaluate(STAYED)


async def test_the_other_theme_shows_the_new_colours_when_it_is_switched_on(people, owner):
    visitor = await people.new()
    await opened(visitor)
    await asyncio.to_thread(owner.change_branding, light_primary="#dc2626", dark_primary="#22c55e")
    await becomes(visitor.page, css("--primary"), "0.0 72.2% 50.6%")

    await visitor.page.locator("#theme-toggle").click()
    await visitor.page.get_by_role("menuitem", name="Dark").click()

    await becomes(visitor.page, css("--primary"), "142.1 70.6% 45.3%")
    await visitor.photograph("live-colours-dark")
    await asyncio.to_thread(owner.change_branding, light_primary="#dc2626", dark_primary="#2563eb")
    await becomes(visitor.page, css("--primary"), "221.2 83.2% 53.3%")
    assert await visitor.page.evaluate(STAYED)


async def set_file_upload(owner, choice):
    """Switch a feature on the settings page, as a tenant's owner does."""
    await owner.open("acme", "/settings/features/")
    await owner.page.get_by_role("radiogroup", name="File upload", exact=True).get_by_role("radio", name=choice).check()
    await owner.page.get_by_role("button", name="Save and publish").click()
    await expect(owner.page.get_by_text(re.compile(r"Live as revision \d+")).first).to_be_visible()


async def test_a_feature_changes_in_a_chat_with_messages_and_a_draft(people):
    visitor, owner = await people.new(), await people.new()
    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    await opened(visitor)
    await visitor.ask("Hello")
    await visitor.page.locator("#chat-input").click()
    await visitor.page.keyboard.type("a draft")
    await expect(visitor.page.locator("#upload-button")).to_have_count(0)

    await set_file_upload(owner, "On")

    await expect(visitor.page.locator("#upload-button")).to_be_visible()
    await expect(visitor.page.locator("#chat-input")).to_contain_text("a draft")
    assert await visitor.page.locator("[data-step-type=assistant_message]").count() == 1
    await visitor.photograph("live-feature")
    await set_file_upload(owner, "App default")
    await expect(visitor.page.locator("#upload-button")).to_have_count(0)
    assert await visitor.page.evaluate(STAYED)


async def test_a_page_that_cannot_be_changed_from_outside_offers_to_load_anew(people):
    """As with a frontend of the app's own: what was typed stays until the person says so."""
    writing, idle, owner = await people.new(), await people.new(), await people.new()
    await owner.open("acme", "/settings/")
    await owner.sign_in_to_settings("acme_owner")
    for person in (writing, idle):
        await opened(person)
        await person.page.evaluate("() => { document.getElementById('root').id = 'another-frontend' }")
    await writing.page.locator("#chat-input").click()
    await writing.page.keyboard.type("a draft")

    await set_file_upload(owner, "On")

    offer = writing.page.get_by_role("status").filter(has_text="This chat was updated.")
    await expect(offer).to_be_visible()
    await expect(writing.page.locator("#chat-input")).to_contain_text("a draft")
    await writing.photograph("live-offer")
    assert await writing.page.evaluate(STAYED)
    await offer.get_by_role("button", name="Reload").click()
    for person in (writing, idle):
        await expect(person.page.locator("#upload-button")).to_be_visible()
        assert not await person.page.evaluate(STAYED)
    await set_file_upload(owner, "App default")
    await expect(writing.page.locator("#upload-button")).to_have_count(0)


async def test_a_logo_and_a_favicon_change_where_they_are_shown(people, owner):
    visitor = await people.new()
    await opened(visitor)
    icon = await visitor.page.locator("link[rel=icon]").first.get_attribute("href")
    for role in ("logo_light", "favicon"):
        await asyncio.to_thread(owner.upload_image, role, "picture.png", picture("teal"))

    logo = visitor.page.locator("img[alt=logo]").first
    await expect(logo).to_have_js_property("naturalWidth", 320, timeout=30_000)
    await expect(visitor.page.locator("link[rel=icon]").first).not_to_have_attribute("href", icon)
    assert await visitor.page.evaluate(STAYED)
    await visitor.photograph("live-logo")


async def test_the_picture_of_the_sign_in_changes_while_it_is_open(people, globex_owner):
    visitor, neighbour = await people.new(), await people.new()
    await opened(visitor, "globex", "/login")
    await opened(neighbour)
    await asyncio.to_thread(globex_owner.upload_image, "login_image", "picture.png", picture("indigo"))

    shown = visitor.page.locator("img[alt=Image]")
    await expect(shown).to_have_attribute("src", re.compile("/_assets/|/_brand/login"), timeout=30_000)
    await expect(shown).to_have_js_property("naturalWidth", 320)
    assert await visitor.page.evaluate(STAYED)
    assert await neighbour.page.evaluate(STAYED)
    await visitor.photograph("live-sign-in-picture")


async def test_a_suspended_chat_is_covered_and_comes_back_as_it_was(people, operator):
    visitor, neighbour = await people.new(), await people.new(scheme="dark", width=390, height=844)
    await opened(visitor)
    await visitor.ask("Hello")
    await visitor.page.locator("#chat-input").click()
    await visitor.page.keyboard.type("a draft")
    await opened(neighbour, "globex", "/login")

    await asyncio.to_thread(operator.suspend, "Acme")
    notice = visitor.page.get_by_role("heading", name="This assistant is paused")
    await expect(notice).to_be_visible()
    await visitor.photograph("live-suspended")
    await expect(neighbour.page.locator("#live-notice")).to_have_count(0)

    await asyncio.to_thread(operator.resume, "Acme")
    await expect(notice).to_have_count(0)
    await expect(visitor.page.locator("#chat-input")).to_contain_text("a draft")
    await expect(visitor.page.locator("#chat-submit:enabled")).to_be_visible(timeout=30_000)
    assert await visitor.page.evaluate(STAYED)
    await visitor.page.locator("#chat-submit").click()
    await expect(visitor.page.locator("[data-step-type=assistant_message]")).to_have_count(2)


async def test_no_key_lifts_the_curtain_on_a_phone_in_the_dark(people, operator):
    visitor = await people.new(scheme="dark", width=390, height=844)
    await opened(visitor, "globex", "/login")
    await asyncio.to_thread(operator.suspend, "Globex")
    await expect(visitor.page.get_by_role("heading", name="This assistant is paused")).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator("#live-notice")).to_be_visible()
    await visitor.photograph("live-suspended-dark-phone")
    await asyncio.to_thread(operator.resume, "Globex")
    await expect(visitor.page.locator("#live-notice")).to_have_count(0)


async def test_a_chat_that_now_wants_a_sign_in_shows_it_and_opens_again(people, owner):
    visitor = await people.new()
    await opened(visitor)
    try:
        await asyncio.to_thread(owner.submit, "/settings/access/", {"mode": "members"})
        await expect(visitor.page).to_have_url(re.compile("/login$"))
        await visitor.page.locator("#email").wait_for()
        await visitor.page.evaluate(STAYS)
    finally:
        await asyncio.to_thread(owner.submit, "/settings/access/", {"mode": "anonymous"})
    await visitor.page.locator("#chat-input").wait_for()
    assert await visitor.page.evaluate(STAYED)


async def test_signing_everyone_out_sends_people_to_the_sign_in(people, globex_owner, stack):
    member, tab = await people.new(), None
    await opened(member, "globex", "/login")
    await member.sign_in_to_chat("globex_member")
    await member.page.locator("#chat-input").wait_for()
    tab = await member.context.new_page()
    await tab.goto(stack.url("globex"))
    await tab.locator("#chat-input").wait_for()
    neighbour = await people.new()
    await opened(neighbour)

    await asyncio.to_thread(globex_owner.submit, "/settings/access/sign-out-everyone/", {}, page="/settings/access/")

    for page in (member.page, tab):
        await expect(page).to_have_url(re.compile("/login"))
    await expect(neighbour.page.locator("#chat-input")).to_be_visible()
    assert await neighbour.page.evaluate(STAYED)


async def test_a_process_that_stops_leaves_its_pages_to_the_other(people, owner, stack):
    visitor = await people.new()
    await opened(visitor)
    stack.terminate("runtime")
    await asyncio.to_thread(stack.wait_healthy)
    await asyncio.to_thread(owner.change_branding, display_name="Acme After All")
    await expect(visitor.page).to_have_title("Acme After All")
    assert await visitor.page.evaluate(STAYED)


def picture(colour):
    image = Image.new("RGBA", (320, 320), colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
