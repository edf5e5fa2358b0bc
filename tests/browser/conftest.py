"""Browsers for the tests: Chromium without any request beyond this machine, and screenshots that are kept.

All tests but those with a stack of their own share one, in any order: what they publish of its tenants is taken back
after each of them, and people, providers and names are of the test that makes them.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response, async_playwright, expect

from tests.browser.navigation import go, reload
from tests.browser.photographs import photograph
from tests.browser.tenants_as_found import TenantsAsFound
from tests.running_stack import RunningStack

HERE = Path(__file__).resolve().parent
# A test that passes waits for none of these to end; how long a step takes says how busy the machine is.
PATIENCE_MILLISECONDS = 30_000
LIMIT_SECONDS = 600
expect.set_options(timeout=PATIENCE_MILLISECONDS)
SWITCHES = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Person:
    """Somebody with a browser of their own: pages, what went wrong in them, and where they sent requests."""

    context: BrowserContext
    page: Page
    stack: RunningStack
    errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    async def open(self, tenant: str = "", path: str = "/") -> None:
        """Go to an address of the platform or of a tenant."""
        await go(self.page, self.stack.url(tenant, path))

    async def reload(self) -> None:
        """Load the page anew."""
        await reload(self.page)

    async def photograph(self, name: str) -> None:
        """Keep a picture of the page as it is now."""
        await photograph(self.page, name)

    async def ask(self, text: str) -> str:
        """Send a message in the chat and return the last answer once the assistant has finished."""
        answers = self.page.locator("[data-step-type=assistant_message]")
        before = await answers.count()
        await self.page.locator("#chat-input").click()
        await self.page.keyboard.type(text)
        # Enabled only once the socket is open: before that the page would swallow the message.
        await self.page.locator("#chat-submit:enabled").click()
        await answers.nth(before).wait_for()
        # In the place of the stop button, which is away for a moment too when the page of a kept conversation opens.
        await self.page.locator("#chat-submit").wait_for()
        return await answers.last.inner_text()

    async def sign_in_to_chat(self, account: str | tuple[str, str]) -> None:
        """Fill in Chainlit's sign-in page, as an account of the stack or with address and password.

        Returns once that is answered; the page then goes on by itself, to the chat or to what else is asked for.
        """
        email, password = account if isinstance(account, tuple) else self.stack.sign_in(account)
        await self.page.locator("#email").fill(email)
        await self.page.locator("#password").fill(password)
        async with self.page.expect_response(_answers_a_sign_in):
            await self.page.get_by_role("button", name="Sign In").click()

    async def sign_in_to_settings(self, account: str) -> None:
        """Fill in the settings page's sign-in, and wait until it leads on."""
        email, password = self.stack.sign_in(account)
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(lambda url: urlsplit(url).path != "/settings/sign-in/")

    async def sign_in_to_admin(self) -> None:
        """Open the operators' admin and sign in."""
        await self.open(path="/admin/")
        email, password = self.stack.sign_in("operator")
        await self.page.locator("input[name=username]").fill(email)
        await self.page.locator("input[name=password]").fill(password)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.get_by_text("The fleet").wait_for()

    def watch(self) -> None:
        """Note errors of scripts, what a Content-Security-Policy stopped, and requests that leave this machine."""
        self.page.on("console", lambda message: self._read(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._judge(request.url))

    def _read(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.violations.append(text)

    def _judge(self, url: str) -> None:
        host = url.split("/")[2].split(":", maxsplit=1)[0] if url.startswith("http") else ""
        if host and host != "localhost" and not host.endswith(".localhost"):
            self.foreign_requests.append(url)


def _answers_a_sign_in(response: Response) -> bool:
    return response.request.method == "POST" and urlsplit(response.url).path == "/login"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say of every test here what it takes."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(LIMIT_SECONDS))


@pytest.fixture(scope="session")
def tenants_as_found() -> TenantsAsFound:
    """What was live of each stack's tenants before the first test."""
    return TenantsAsFound()


@pytest.fixture(autouse=True)
def _tenants_are_left_as_found(request: pytest.FixtureRequest, tenants_as_found: TenantsAsFound) -> Iterator[None]:
    """Take back what a test published of the tenants it shares with others, however it went."""
    if "stack" not in request.fixturenames:
        yield
        return
    stack = request.getfixturevalue("stack")
    tenants_as_found.remember(stack)
    yield
    tenants_as_found.restore(stack)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test alone."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.fail("There is no Chromium: run the tests with `make test`, which finds or installs one.")
    switches = [*SWITCHES, "--no-sandbox"] if os.geteuid() == 0 else SWITCHES
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=switches)
        yield chromium
        await chromium.close()


class People:
    """Makes people, each with a browser context of their own, and checks at the end that all went well for them."""

    def __init__(self, browser: Browser, stack: RunningStack) -> None:
        self._browser = browser
        self._stack = stack
        self.all: list[Person] = []

    async def new(
        self,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        scripts: bool = True,
        locale: str = "en-US",
    ) -> Person:
        """Return somebody with a fresh browser of some language, where scripts may be off."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=locale,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        person = Person(context, await context.new_page(), self._stack)
        person.watch()
        self.all.append(person)
        return person

    async def leave(self) -> None:
        """Close all browsers; none may have met a script error, a blocked source or a request to a third party."""
        for person in self.all:
            await person.context.close()
        assert [error for person in self.all for error in person.errors] == []
        assert [text for person in self.all for text in person.violations] == []
        assert [url for person in self.all for url in person.foreign_requests] == []


@pytest.fixture
async def people(browser: Browser, stack: RunningStack) -> AsyncIterator[People]:
    """Make people; afterwards all must have gone well for them."""
    made = People(browser, stack)
    yield made
    await made.leave()
