"""Everything that a tenant can bring, seen in a real browser from another origin; its neighbour has none of it."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.async_api import expect

from tenants.contract.frontend import build_name, pushed_files
from tests.browser.branding import PAGE_FILES, picture, running_ground
from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.browser.photographs import photograph
from tests.running_stack import wait_until

SHEET = "#root { outline: 3px solid rgb(1, 2, 3); background: url(/public/tile.png) }"
OTHER_SHEET = "#root { outline: 5px solid rgb(4, 5, 6); }"
SCRIPT = "window.branded = (window.branded ?? 0) + 1;"
OTHER_SCRIPT = "window.branded = 100;"
CARD = """export default function Card() { return <b className="card">{props.word} of the tenant</b> }"""
FONT = PAGE_FILES / "katex" / "fonts" / "KaTeX_Main-Regular.woff2"
OTHER_FONT = PAGE_FILES / "katex" / "fonts" / "KaTeX_SansSerif-Regular.woff2"
OUTLINE = "() => getComputedStyle(document.getElementById('root')).outlineColor"
BRAND_LOADED = "() => [...document.fonts].some(face => face.family.includes('chat-brand') && face.status === 'loaded')"
CONNECTED = "() => navigator.locks.query().then(locks => locks.held.length > 0)"
BUILD = Path(find_spec("chainlit").submodule_search_locations[0]) / "frontend" / "dist"


def dress(ground, slug="decked"):
    """Bring a tenant one file of each role, and publish it."""
    renditions = [ground.rendition(slug, picture("teal", 400, 100, "AVIF"), "avif", 400, 100)]
    ground.bring(
        slug, "logo_light", picture("teal", 800, 200, "PNG"), "png",
        width=800, height=200, srcset=renditions, alt="A teal bar",
    )  # fmt: skip
    icons = [
        ground.rendition(slug, picture("navy", size, size, "PNG"), "png", size, size)
        for size in (16, 32, 180, 192, 512)
    ]
    ground.bring(slug, "favicon", picture("navy", 513, 513, "PNG"), "png", width=513, height=513, srcset=icons)
    ground.bring(slug, "open_graph", picture("olive", 1200, 630, "PNG"), "png", width=1200, height=630, alt="Olive")
    ground.bring(slug, "avatar", picture("maroon", 64, 64, "PNG"), "png", name="my_assistant", width=64, height=64)
    ground.bring(slug, "stylesheet", SHEET.encode(), "css")
    ground.bring(slug, "public_file", picture("silver", 8, 8, "PNG"), "png", name="tile.png")
    ground.bring(slug, "script", SCRIPT.encode(), "js")
    ground.bring(slug, "font", FONT.read_bytes(), "woff2", name="regular")
    ground.bring(slug, "public_file", CARD.encode(), "jsx", name="elements/Card.jsx")
    ground.publish(slug)


@pytest.fixture(scope="module")
def ground(tmp_path_factory, seaweedfs):
    with running_ground(tmp_path_factory.mktemp("branding"), seaweedfs) as ground:
        dress(ground)
        for slug in ("bare", "growing", "scripted", "altered", "embedded"):
            ground.publish(slug)
        yield ground


class Visitor:
    """A page, what went wrong on it and what it asked for."""

    def __init__(self, page):
        self.page = page
        self.errors, self.asked = [], []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda response: self.asked.append((response.status, response.url)))

    async def has(self, condition):
        """Wait until what was heard of the page fulfils a condition."""
        await asyncio.to_thread(wait_until, condition, what="what the page was to do")

    async def open(self, address):
        await self.page.goto(address)
        await self.page.locator("#chat-input").wait_for()
        await self.page.wait_for_function(CONNECTED)

    async def say(self, text):
        answers = self.page.locator("[data-step-type=assistant_message]")
        before = await answers.count()
        await self.page.locator("#chat-input").click()
        await self.page.keyboard.type(text)
        await self.page.locator("#chat-submit:enabled").click()
        await answers.nth(before).wait_for()
        return answers.nth(before)


@pytest.fixture
def visiting(browser):
    """Return somebody's visit; nothing may have gone wrong at its end."""

    @asynccontextmanager
    async def visit(*, may_fail=()):
        context = await browser.new_context(locale="en-US", color_scheme="light")
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        visitor = Visitor(await context.new_page())
        yield visitor
        await context.close()
        assert [text for text in visitor.errors if not any(part in text for part in may_fail)] == []

    return visit


async def test_a_tenants_files_are_all_to_be_seen(ground, visiting):
    async with visiting() as visitor:
        page = visitor.page
        await visitor.open(ground.url("decked"))

        logo = page.locator("img.logo").first
        await expect(logo).to_have_attribute("alt", "A teal bar")
        await expect(logo).to_have_js_property("naturalWidth", 400)
        assert any(url.endswith(".avif") and url.startswith(ground.cdn.url) for _, url in visitor.asked)
        assert await page.evaluate(OUTLINE) == "rgb(1, 2, 3)"
        await visitor.has(lambda: (200, ground.url("decked", "/public/tile.png")) in visitor.asked)
        await page.wait_for_function("() => window.branded === 1")
        await page.wait_for_function(BRAND_LOADED)
        await expect(page.locator("#chat-input")).to_have_css("font-family", re.compile("^[^,]*chat-brand"))
        answer = await visitor.say("card")
        await expect(page.locator("b.card")).to_have_text("hello of the tenant")
        avatar = answer.locator("xpath=ancestor-or-self::*[@data-step-type]").locator("img").first
        await expect(avatar).to_have_js_property("naturalWidth", 64)
        await photograph(page, "branded")


async def test_its_neighbour_has_none_of_them(ground, visiting):
    async with visiting() as visitor:
        page = visitor.page
        await visitor.open(ground.url("bare"))
        await visitor.say("card")

        await expect(page.locator("b.card")).to_have_text("the app's card")
        assert await page.evaluate("() => window.branded") is None
        assert await page.evaluate(OUTLINE) != "rgb(1, 2, 3)"
        assert not await page.evaluate(BRAND_LOADED)
        assert [url for _, url in visitor.asked if url.startswith(ground.cdn.url)] == []


async def test_home_screens_and_link_previews_read_what_the_page_says(ground, visiting):
    async with visiting() as visitor:
        page = visitor.page
        await visitor.open(ground.url("decked"))
        session = await page.context.new_cdp_session(page)
        manifest = await session.send("Page.getAppManifest")

        assert manifest["errors"] == []
        assert manifest["url"] == ground.url("decked", "/manifest.webmanifest")
        read = json.loads(manifest["data"])
        assert (read["name"], [icon["sizes"] for icon in read["icons"]]) == ("Decked", ["192x192", "512x512"])
        for icon in read["icons"]:
            size = int(icon["sizes"].partition("x")[0])
            assert await page.evaluate(_MEASURE, icon["src"]) == size
        shown = await page.evaluate(_META)
        assert re.fullmatch(rf"{ground.cdn.url}/files/.+\.png", shown["og:image"])
        assert (shown["og:image:width"], shown["og:image:height"], shown["og:image:alt"]) == ("1200", "630", "Olive")
        assert shown["twitter:card"] == "summary_large_image"
        touch = page.locator("link[rel=apple-touch-icon]")
        assert await page.evaluate(_MEASURE, await touch.get_attribute("href")) == 180


async def test_an_altered_file_is_neither_shown_nor_run(ground, visiting):
    ground.bring("altered", "stylesheet", SHEET.encode(), "css")
    script = ground.bring("altered", "script", SCRIPT.encode(), "js")
    # Not in the bucket, whose files the runtime itself holds against their hashes.
    sheet = ground.move("altered", "stylesheet", "/elsewhere/style.css")
    ground.publish("altered")
    ground.cdn.files["/elsewhere/style.css"] = OTHER_SHEET.encode()
    ground.cdn.files[script.removeprefix(ground.cdn.url)] = OTHER_SCRIPT.encode()
    async with visiting(may_fail=("integrity",)) as visitor:
        await visitor.open(ground.url("altered"))

        def is_refused(url):
            return any("integrity" in text and url in text for text in visitor.errors)

        await visitor.has(lambda: is_refused(sheet) and is_refused(script))
        assert await visitor.page.evaluate(OUTLINE) not in {"rgb(1, 2, 3)", "rgb(4, 5, 6)"}
        assert await visitor.page.evaluate("() => window.branded") is None


async def test_open_chats_take_over_what_is_new_without_loading_anew(ground, visiting):
    async with visiting() as visitor, visiting() as stranger:
        page = visitor.page
        await visitor.open(ground.url("growing"))
        await stranger.open(ground.url("bare"))
        await visitor.say("hello")
        for each in (page, stranger.page):
            await each.evaluate("() => { window.notLoadedAnew = true }")

        dress(ground, "growing")

        await page.wait_for_function(f"() => ({OUTLINE})() === 'rgb(1, 2, 3)'")
        await page.wait_for_function(BRAND_LOADED)
        await expect(page.locator("link[rel=icon]").first).to_have_attribute("href", re.compile(ground.cdn.url))
        avatar = page.locator("[data-step-type=assistant_message] img").first
        await expect(avatar).to_have_js_property("naturalWidth", 64)

        ground.bring("growing", "stylesheet", OTHER_SHEET.encode(), "css")
        ground.bring("growing", "font", OTHER_FONT.read_bytes(), "woff2", name="regular")
        ground.publish("growing")

        await page.wait_for_function(f"() => ({OUTLINE})() === 'rgb(4, 5, 6)'")
        await expect(page.locator("#brand-stylesheet")).to_have_count(1)
        del ground.assets["growing"]["stylesheet", ""]
        ground.publish("growing")
        await page.wait_for_function(f"() => ({OUTLINE})() !== 'rgb(4, 5, 6)'")
        assert await page.evaluate("() => window.notLoadedAnew")
        assert await page.evaluate("() => window.branded") is None
        assert await stranger.page.evaluate("() => window.notLoadedAnew")
        assert await stranger.page.evaluate(OUTLINE) != "rgb(1, 2, 3)"


async def test_a_new_script_runs_from_the_next_chat_on_and_the_page_loads_for_it_once(ground, visiting):
    async with visiting() as visitor:
        page = visitor.page
        await visitor.open(ground.url("scripted"))
        await visitor.say("hello")
        await page.evaluate("() => { window.notLoadedAnew = true }")
        ground.bring("scripted", "script", SCRIPT.encode(), "js")
        # Whatever else is new is shown at once; the script waits for the end of the conversation.
        ground.bring("scripted", "stylesheet", OTHER_SHEET.encode(), "css")
        ground.publish("scripted")
        await page.wait_for_function(f"() => ({OUTLINE})() === 'rgb(4, 5, 6)'")
        assert await page.evaluate("() => window.notLoadedAnew")

        await page.locator("#new-chat-button").first.click()
        await page.get_by_role("button", name="Confirm").click()

        await page.wait_for_function("() => window.branded === 1")
        assert await page.evaluate("() => window.notLoadedAnew") is None
        await page.evaluate("() => { window.notLoadedAnew = true }")
        await visitor.say("again")
        assert await page.evaluate("() => window.notLoadedAnew")


async def test_the_widget_on_another_site_has_colours_typeface_and_style_sheet_and_no_script(ground, visiting):
    origin = ground.cdn.url
    ground.cdn.files |= {"/shop.html": _shop(ground.url("embedded")).encode(), "/favicon.ico": b""}
    dress(ground, "embedded")
    ground.publish("embedded", allowed_origins=[origin])
    async with visiting() as visitor:
        page = visitor.page
        await page.goto(f"{origin}/shop.html")
        await page.locator("#chainlit-copilot-button").click()
        await page.locator("#chainlit-copilot-chat #chat-input").wait_for()

        sheets = "() => [...window.cl_shadowRootElement.getRootNode().querySelectorAll('link')].map(link => link.href)"
        address = ground.assets["embedded"]["stylesheet", ""].url.replace(f"{ground.cdn.url}/files", "/_assets")
        linked = ground.url("embedded", address)
        await page.wait_for_function(f"address => ({sheets})().includes(address)", arg=linked)
        family = "getComputedStyle(window.cl_shadowRootElement).getPropertyValue('--font-sans')"
        await page.wait_for_function(f"""() => {family}.trim().startsWith('"chat-brand"')""")
        await page.wait_for_function(BRAND_LOADED)
        assert await page.evaluate("() => window.branded") is None
        assert await page.evaluate("() => getComputedStyle(document.body).outlineStyle") == "none"


async def test_chainlits_own_frontend_is_loaded_from_the_cdn_down_to_its_last_chunk(
    tmp_path_factory, seaweedfs, visiting
):
    name = build_name(version("chainlit"), BUILD)
    base = f"/frontend/{name}"
    folder = tmp_path_factory.mktemp("frontend")
    with running_ground(folder, seaweedfs, FRONTEND_BASE_URL=f"{{cdn}}{base}") as ground:
        for path, file in pushed_files(BUILD).items():
            ground.cdn.files[f"{base}/{path}"] = file.read_bytes()
        dress(ground)
        async with visiting(may_fail=("film", "404")) as visitor:
            page = visitor.page
            await visitor.open(ground.url("decked"))
            await visitor.say("film")
            await page.wait_for_function(
                "address => performance.getEntriesByType('resource').some(({ name }) => name.startsWith(address))",
                arg=f"{ground.cdn.url}{base}/assets/FilePlayer-",
            )

            files = [url for _, url in visitor.asked if "/assets/" in url and "_assets" not in url]
            assert {url.partition("/assets/")[0] for url in files} == {f"{ground.cdn.url}{base}"}
            # Fonts and mathematics stay with us.
            ours = ground.url("decked")
            await visitor.has(lambda: any("/_static/" in url and url.startswith(ours) for _, url in visitor.asked))
            assert await page.evaluate(OUTLINE) == "rgb(1, 2, 3)"


_META = """() => Object.fromEntries([...document.querySelectorAll("meta[content]")].map(
    meta => [meta.getAttribute("property") ?? meta.name, meta.content]))"""
_MEASURE = """src => new Promise((resolve, reject) => {
    const image = new Image(); image.onload = () => resolve(image.naturalWidth); image.onerror = reject;
    image.src = src; })"""


def _shop(chat):
    return f"""<!doctype html><title>Shop</title><h1>Shop</h1><script src="{chat}copilot/index.js"></script>
<script>window.mountChainlitWidget({{chainlitServer: "{chat}"}})</script>"""
