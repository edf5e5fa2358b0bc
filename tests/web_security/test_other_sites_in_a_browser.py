"""Cookies as Chromium keeps them while it blocks third-party cookies: over https, on a site of another domain."""

import os
import re
import shutil
import time

import jwt
import pytest
from playwright.async_api import async_playwright, expect

from tests.runtime.chainlit_host.tenants_under_test import PASSWORD
from tests.web_security.gateway import Gateway

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SLOW = 60_000
SECRET = "a secret that is long enough to sign tokens with"
WIDGET = """<!doctype html><title>Shop</title><h1>Shop</h1><script src="{chat}/copilot/index.js"></script>
<script>window.mountChainlitWidget({{chainlitServer: "{chat}", accessToken: "{token}"}})</script>"""
FRAME = """<!doctype html><title>Shop</title><iframe src="{chat}/login" style="width:900px;height:800px"></iframe>"""
SWITCHES = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--ignore-certificate-errors", "--test-third-party-cookie-phaseout",
]  # fmt: skip


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path / "gateway", ["gated-one", "quiet-two"])


@pytest.fixture
def chats(gateway, start_runtime):
    """A runtime behind TLS; its tenants list the other site, or not."""
    runtime, _ = start_runtime(more={"platform_url": f"https://localhost:{gateway.port}"})
    listed = {"allowed_origins": [gateway.site]}
    environment = {"CHAINLIT_AUTH_SECRET": SECRET}
    runtime.publish("gated-one", access={"mode": "app", **listed}, environment=environment)
    runtime.publish("quiet-two", access={"mode": "members", **listed})
    with gateway.running(runtime.port):
        yield runtime


@pytest.fixture
async def page():
    """A page of a browser that keeps third-party cookies for nobody."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.fail("There is no Chromium: run the tests with `make test`, which finds or installs one.")
    switches = [*SWITCHES, "--no-sandbox"] if os.geteuid() == 0 else SWITCHES
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=switches)
        context = await chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(SLOW)
        yield await context.new_page()
        await chromium.close()


async def cookies_of(page, name):
    """Return the jars in which cookies of this name are, as Chromium names them; None for the one that has no jar."""
    return sorted(cookie.get("partitionKey") or "" for cookie in await page.context.cookies() if cookie["name"] == name)


async def test_the_widget_of_another_domain_knows_who_is_signed_in(page, gateway, chats):
    claims = {"identifier": "ann of the shop", "exp": int(time.time()) + 600, "metadata": {}}
    gateway.show(WIDGET.format(chat=gateway.chat("gated-one"), token=jwt.encode(claims, SECRET, algorithm="HS256")))

    await page.goto(gateway.site)
    await page.locator("#chainlit-copilot-button").click()
    await page.locator("#chainlit-copilot-chat #chat-input").click()
    await page.keyboard.type("Hello")
    await page.locator("#chat-submit:enabled").click()

    await expect(page.get_by_text("ann of the shop wrote Hello")).to_be_visible(timeout=SLOW)
    # Within the shop's jar, and nowhere else: a tab of the chat itself is nobody's.
    assert [jar.startswith("https://shop.localhost") for jar in await cookies_of(page, "access_token")] == [True]
    tab = await page.context.new_page()
    await tab.goto(gateway.chat("gated-one"))
    await expect(tab).to_have_url(re.compile("/login"), timeout=SLOW)


async def test_signing_in_within_a_frame_and_in_a_tab_are_two_sign_ins_that_both_work(page, gateway, chats):
    chat = gateway.chat("quiet-two")
    gateway.show(FRAME.format(chat=chat))

    async def sign_in(place, password=PASSWORD):
        await place.locator("#email").fill("ann@example.com")
        await place.locator("#password").fill(password)
        await place.get_by_role("button", name="Sign In").click()

    await page.goto(gateway.site)
    frame = page.frame_locator("iframe")
    await sign_in(frame, "wrong")
    # Over HTTP/2, whose statuses have no texts.
    await expect(frame.get_by_text(re.compile("sign in failed", re.IGNORECASE)).first).to_be_visible(timeout=SLOW)
    await sign_in(frame)
    await frame.locator("#chat-input").wait_for()
    tab = await page.context.new_page()
    await tab.goto(chat)
    await expect(tab).to_have_url(re.compile("/login"), timeout=SLOW)
    await sign_in(tab)
    await tab.locator("#chat-input").wait_for()
    assert len(await cookies_of(page, "access_token")) == 2

    # What was given before the site was taken off the list goes with the next sign-in, and no second one stays.
    chats.publish("quiet-two", access={"mode": "members"})
    await tab.evaluate("fetch('/logout', {method: 'POST'})")
    await tab.goto(f"{chat}/login")
    await sign_in(tab)
    await tab.locator("#chat-input").wait_for()
    jars = await cookies_of(page, "access_token")
    assert [jar.startswith("https://shop.localhost") for jar in jars] == [False, True]
    assert jars[0] == "", "the tab's is a cookie of its own site again"
