"""A tenant's chat on another web site, in a frame and as the widget: where the tenant lists it, and nowhere else."""

import asyncio
import http.server
import threading
from contextlib import contextmanager

import pytest
from playwright.async_api import expect

from tests.clients.settings_client import SettingsClient

pytestmark = pytest.mark.stack

FRAME = """<!doctype html><title>Shop</title><iframe src="{chat}" style="width:800px;height:600px"></iframe>"""
WIDGET = """<!doctype html><title>Shop</title><h1>Shop</h1><script src="{chat}copilot/index.js"></script>
<script>window.mountChainlitWidget({{chainlitServer: "{chat}"}})</script>"""


@contextmanager
def site(html):
    """Serve one page as another origin; yields it.

    Of the same site as the chat: the tests' browser keeps nothing for frames of other sites, and Chainlit's page fails
    without its local storage.
    """

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = html.encode() if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://shop.acme.localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def allowed(stack, origin):
    """Have acme's owner list an origin for the length of a test."""
    with SettingsClient(stack.port, "acme") as owner:
        owner.sign_in(*stack.sign_in("acme_owner"))
        listed = owner.submit("/settings/access/", {"mode": "anonymous", "allowed_origins": origin})
        assert f"{origin}</textarea>" in listed.text
        try:
            yield
        finally:
            owner.submit("/settings/access/", {"mode": "anonymous", "allowed_origins": ""})


async def test_a_listed_site_shows_the_chat_in_a_frame(people, stack):
    visitor = await people.new()
    with site(FRAME.format(chat=stack.url("acme"))) as origin, allowed(stack, origin):
        await visitor.page.goto(origin)
        chat = visitor.page.frame_locator("iframe")
        await chat.locator("#chat-input").click()
        await visitor.page.keyboard.type("Hello")
        await chat.locator("#chat-submit:enabled").click()
        await expect(chat.locator("[data-step-type=assistant_message]")).to_have_count(1)
        await visitor.photograph("other-site-frame")


async def test_any_other_site_frames_nothing(people, stack):
    visitor = await people.new()
    with site(FRAME.format(chat=stack.url("acme"))) as origin:
        async with visitor.page.expect_event(
            "console", predicate=lambda message: "frame-ancestors" in message.text
        ) as refused:
            await visitor.page.goto(origin)
        assert "'self'" in (await refused.value).text
        assert await visitor.page.frame_locator("iframe").locator("#root").count() == 0
    visitor.violations.clear()  # it is what this test is about
    visitor.errors.clear()


async def test_a_listed_site_carries_the_widget_in_the_tenants_colours(people, stack):
    visitor = await people.new()
    with site(WIDGET.format(chat=stack.url("acme"))) as origin, allowed(stack, origin):
        await visitor.page.goto(origin)
        await visitor.page.locator("#chainlit-copilot-button").click()
        await visitor.page.locator("#chainlit-copilot-chat #chat-input").click()
        await visitor.page.keyboard.type("Hello")
        await visitor.page.locator("#chat-submit:enabled").click()
        await expect(visitor.page.locator("[data-step-type=assistant_message]")).to_have_count(1)
        theme = (await asyncio.to_thread(stack.get, "acme", "/public/theme.json")).json()
        shown = await visitor.page.evaluate(
            "() => getComputedStyle(window.cl_shadowRootElement).getPropertyValue('--primary').trim()"
        )
        assert shown == theme["variables"]["light"]["--primary"]
        await visitor.photograph("other-site-widget")


async def test_any_other_site_gets_no_answer_for_its_widget(people, stack):
    visitor = await people.new()
    with site(WIDGET.format(chat=stack.url("acme"))) as origin:
        async with visitor.page.expect_event(
            "console", predicate=lambda message: "CORS policy" in message.text
        ) as refused:
            await visitor.page.goto(origin)
        assert stack.url("acme") in (await refused.value).text
        await expect(visitor.page.locator("[data-step-type]")).to_have_count(0)
    visitor.errors.clear()  # the widget's own, for want of an answer
