"""Unsaved changes in a real chat beside the form, and for nobody but whoever types them."""

import re
import secrets
from contextlib import ExitStack

import httpx
import pytest
from playwright.async_api import expect

from tenants.contract.previews import PREVIEW_COOKIE, preview_path
from tests.browser.accessibility import expect_accessible

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

COLOURS = [f"{theme}_{part}" for theme in ("light", "dark") for part in ("primary", "background", "accent")]


class Maker:
    """An owner with a browser of their own, as much of one as it takes to type and to look."""

    def __init__(self, stack, tenant):
        self.tenant = tenant
        headers = {"host": f"{tenant}.localhost:{stack.port}"}
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{stack.port}", headers=headers, timeout=30, trust_env=False
        )
        email, password = stack.sign_in(f"{tenant}_owner")
        self._post("/settings/sign-in/", "/settings/sign-in/", {"email": email, "password": password})

    def type_in(self, name):
        """Keep a name that is not saved; return the preview's address."""
        form = {"display_name": name, "description": "", "default_theme": "", "font": "", **dict.fromkeys(COLOURS, "")}
        answer = self._post("/settings/preview/branding/", "/settings/branding/", form, accept="application/json")
        assert answer.status_code == 200, answer.text
        return answer.json()["address"]

    def sign_out(self):
        """Sign out, and keep the cookies all the same, as somebody would who had copied them."""
        cookies = dict(self.http.cookies)
        self._post("/settings/sign-out/", "/settings/profile/", {})
        self.http.cookies = httpx.Cookies(cookies)

    def look(self, address, **headers):
        """Open an address as a browser does."""
        return self.http.get(address, headers={"accept": "text/html", **headers})

    def _post(self, path, page, form, *, accept="text/html"):
        token = self.http.get(page).text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        data = {**form, "csrfmiddlewaretoken": token}
        return self.http.post(path, data=data, headers={"accept": accept})


@pytest.fixture
def makers(stack):
    """Return a function that signs an owner in: acme's chat is open to anyone, at globex members sign in."""
    with ExitStack() as leaving:

        def make(tenant):
            maker = Maker(stack, tenant)
            leaving.callback(maker.http.close)
            return maker

        yield make


@pytest.fixture
def acme_owner(makers):
    """Acme's owner."""
    return makers("acme")


@pytest.fixture
def globex_owner(makers):
    """Globex's owner."""
    return makers("globex")


@pytest.fixture
def stranger(acme_owner):
    """Somebody at acme's host who has nothing."""
    with httpx.Client(
        base_url=acme_owner.http.base_url, headers={"host": acme_owner.http.headers["host"]}, trust_env=False
    ) as client:
        yield client


def is_away(answer):
    """Say whether an answer is the one for every preview that is none of the asker's."""
    return answer.status_code == 404 and "preview_not_found" in answer.text


def name_of():
    return f"Draft {secrets.token_hex(4)}"


@pytest.mark.parametrize("tenant", ["acme", "globex"])
def test_a_draft_is_on_its_makers_page_and_not_on_the_tenants(stack, makers, tenant):
    maker, name = makers(tenant), name_of()
    address = maker.type_in(name)
    page = maker.look(address)
    assert page.status_code == 200, page.text
    assert f"<title>{name}</title>" in page.text
    assert f'<meta property="og:root_path" content="{address[:-1]}">' in page.text
    assert maker.http.get(f"{address}project/settings?language=en-US").json()["ui"]["name"] == name
    assert name not in maker.look("/").text
    assert name not in stack.get(tenant).text


def test_a_draft_is_nobody_elses(makers, acme_owner, globex_owner, stranger):
    address, theirs = acme_owner.type_in(name_of()), globex_owner.type_in(name_of())
    same_person = makers("acme")
    same_person.type_in(name_of())  # has the cookie, of another sign-in
    for path in ("", "project/settings", "_live/state", "logo", "ws/socket.io/?EIO=4&transport=polling"):
        assert acme_owner.look(f"{address}{path}").status_code < 400, path
        assert is_away(stranger.get(f"{address}{path}")), path
        assert is_away(same_person.http.get(f"{address}{path}")), path
        assert is_away(acme_owner.http.get(f"{theirs}{path}")), path
        assert is_away(globex_owner.http.get(f"{address}{path}")), path
    stranger.cookies.set(PREVIEW_COOKIE, globex_owner.http.cookies[PREVIEW_COOKIE])
    assert is_away(stranger.get(address))
    stranger.cookies.set(PREVIEW_COOKIE, "not.a.token")
    assert is_away(stranger.get(address))


@pytest.mark.parametrize("secret", [secrets.token_urlsafe(32), "x", "", "..%2f..%2fetc", "a" * 5000])
def test_a_made_up_address_leads_nowhere(acme_owner, secret):
    acme_owner.type_in(name_of())
    assert is_away(acme_owner.look(preview_path(secret)))


def test_a_draft_ends_with_the_sign_in_even_for_who_kept_the_cookies(acme_owner):
    address = acme_owner.type_in(name_of())
    assert acme_owner.look(address).status_code == 200
    acme_owner.sign_out()
    assert PREVIEW_COOKIE in acme_owner.http.cookies
    assert is_away(acme_owner.look(address))


def test_a_transport_of_a_preview_is_reached_below_its_address_alone(acme_owner):
    address = acme_owner.type_in(name_of())
    other = acme_owner.type_in(name_of())
    opened = acme_owner.http.get(f"{address}ws/socket.io/?EIO=4&transport=polling")
    sid = re.search(r'"sid":"([^"]+)"', opened.text)[1]
    query = f"ws/socket.io/?EIO=4&transport=polling&sid={sid}"
    assert acme_owner.http.post(f"/{query}", content="40").status_code == 400
    assert acme_owner.http.post(f"{other}{query}", content="40").status_code == 400
    assert acme_owner.http.post(f"{address}{query}", content="41").status_code == 200


async def open_branding(people, tenant="acme", section="branding", **browser):
    """Sign an owner in and wait until the chat stands beside the form; return them and the frame."""
    owner = await people.new(width=1440, height=960, **browser)
    await owner.open(tenant, f"/settings/{section}/")
    await owner.sign_in_to_settings(f"{tenant}_owner")
    frame = owner.page.frame_locator("[data-live-frame]")
    await expect(frame.locator("#chat-input")).to_be_visible(timeout=60_000)
    return owner, frame


async def leave_unsaved(owner):
    """Put the form back, so that leaving the page asks nothing."""
    await owner.page.get_by_role("button", name="Discard").click()


async def test_an_owner_sees_what_they_type_in_a_real_chat_before_anybody_else_does(people, stack):
    owner, frame = await open_branding(people)
    visitor = await people.new()
    await visitor.open("acme")
    await visitor.page.locator("#chat-input").wait_for(timeout=60_000)
    live_title, name = await visitor.page.title(), name_of()

    await frame.locator("body").evaluate("() => { window.loadedOnce = true; }")
    await owner.page.get_by_label("Display name").fill(name)
    await owner.page.locator("[name=light_primary]").fill("#0f766e")
    await expect(owner.page.locator("[data-live-state]")).to_have_text("With your unsaved changes. Only you see them.")
    inner = next(part for part in owner.page.frames if "/_preview/" in part.url)
    await inner.wait_for_function("name => document.title === name", arg=name)
    await inner.wait_for_function(
        "getComputedStyle(document.documentElement).getPropertyValue('--primary').startsWith('175.3')"
    )
    assert await inner.evaluate("window.loadedOnce"), "the frame followed what was typed without loading anew"

    await frame.locator("#chat-input").click()
    await owner.page.keyboard.type("Hello")
    await frame.locator("#chat-submit:enabled").click()
    await expect(frame.locator("[data-step-type=assistant_message]").last).to_contain_text(name)
    assert await visitor.page.title() == live_title
    assert name not in stack.get("acme").text
    await owner.photograph("preview-wide-light")
    await leave_unsaved(owner)
    await inner.wait_for_function("name => document.title !== name", arg=name)


async def test_the_preview_is_shown_in_both_themes_and_widths_and_changes_no_choice_of_the_chat(people):
    owner, frame = await open_branding(people)
    await owner.page.get_by_label("Dark", exact=True).and_(owner.page.locator("[name=live_theme]")).check()
    await expect(frame.locator("html.dark")).to_be_attached()
    await expect(frame.locator("#chat-input")).to_be_visible()
    await owner.page.get_by_label("Phone").check()
    await expect(owner.page.locator("[data-live-frame]")).to_have_css("width", "390px")
    await owner.photograph("preview-phone-width-dark")
    await owner.page.get_by_role("button", name="Ocean").click()
    inner = next(part for part in owner.page.frames if "/_preview/" in part.url)
    await inner.wait_for_function(
        "getComputedStyle(document.documentElement).getPropertyValue('--primary').startsWith('199.4')"
    )
    await leave_unsaved(owner)
    await owner.page.emulate_media(color_scheme="dark")
    await owner.photograph("preview-wide-dark")
    await owner.page.emulate_media(color_scheme="light")
    await owner.open("acme")
    await owner.page.locator("#chat-input").wait_for()
    assert await owner.page.evaluate("localStorage.getItem('vite-ui-theme')") != "dark"
    assert not await owner.page.evaluate("document.documentElement.classList.contains('dark')")


async def test_the_page_with_its_preview_is_accessible(people):
    owner, _ = await open_branding(people)
    await expect_accessible(owner.page)


async def test_what_cannot_be_shown_leaves_the_preview_as_it_was(people):
    owner, _ = await open_branding(people, "globex")
    state, name = owner.page.locator("[data-live-state]"), name_of()
    await owner.page.get_by_label("Display name").fill(name)
    inner = next(part for part in owner.page.frames if "/_preview/" in part.url)
    await inner.wait_for_function("name => document.title === name", arg=name)
    await owner.page.locator("[name=light_primary]").fill("#12")
    await expect(state).to_have_text("The preview waits until what is marked is put right.")
    assert await inner.title() == name
    await owner.page.set_viewport_size({"width": 390, "height": 844})
    await owner.photograph("preview-on-a-phone")
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await owner.page.evaluate(overflow)
    await leave_unsaved(owner)


async def test_switches_are_seen_in_the_chat_beside_them_before_they_are_saved(people, stack):
    owner, frame = await open_branding(people, section="features")
    inner = next(part for part in owner.page.frames if "/_preview/" in part.url)
    upload = frame.locator("#upload-button")
    shown = await upload.count() > 0
    await owner.page.locator(
        f"[name=features-spontaneous_file_upload__enabled][value={str(not shown).lower()}]"
    ).check()
    await expect(upload).to_have_count(0 if shown else 1)
    assert stack.get("acme", "/project/settings").status_code == 200

    # The language is read when a page opens: the frame opens anew by itself.
    await inner.evaluate("window.loadedOnce = true")
    await owner.page.locator("[name=interface-language]").fill("de-DE")
    await inner.wait_for_function("window.loadedOnce === undefined")
    await expect(frame.locator("#chat-input")).to_be_visible(timeout=60_000)
    await inner.wait_for_function("document.getElementById('chat-input').outerHTML.includes('Nachricht')")
    await owner.photograph("preview-features-light")
    await owner.page.emulate_media(color_scheme="dark")
    await owner.photograph("preview-features-dark")
    await expect_accessible(owner.page)
    await owner.page.set_viewport_size({"width": 390, "height": 844})
    await owner.photograph("preview-features-phone")
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await owner.page.evaluate(overflow)
    await leave_unsaved(owner)


async def test_without_scripts_the_form_is_there_and_no_empty_frame(people):
    owner = await people.new(scripts=False)
    await owner.open("acme", "/settings/branding/")
    await owner.sign_in_to_settings("acme_owner")
    await expect(owner.page.get_by_label("Display name")).to_be_visible()
    await expect(owner.page.locator("[data-live-preview]")).to_be_hidden()
