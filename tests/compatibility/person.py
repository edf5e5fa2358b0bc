"""Somebody with a browser who uses a chat, and notes what the screen shows."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, Request

from tests.compatibility.transcript import Transcript

__all__ = ["Person"]

STILL_FOR_SECONDS = 0.15
PATIENCE_SECONDS = 60.0

# Loaded or not is what a person sees of a picture; where it came from is the server's affair.
_PICTURES = """() => [...document.images].filter(image => image.checkVisibility()).map(image =>
    `${image.alt || 'picture'}: ${image.complete && image.naturalWidth > 0 ? 'shown' : 'broken'}`)"""
# The button to scroll down comes and goes with the place where scrolling happens to have ended, and a toast goes after
# some seconds: a script that is about one waits for it.
_HIDE_PASSING = """() => document.querySelectorAll(
    'button:has(> .lucide-arrow-down), section:has(> [data-sonner-toaster])').forEach(
    element => element.setAttribute('aria-hidden', 'true'))"""
_LINKS = """() => [...document.querySelectorAll('a[href]')].filter(link => link.checkVisibility())
    .map(link => `${link.textContent.trim() || link.getAttribute('aria-label')}: ${link.href} ${link.target}`)"""


class Person:
    """A browser context of its own at one server; what is noted goes into ``transcript``.

    ``url`` is where the chat is; all waits end after a minute.
    """

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.transcript = Transcript()
        self.script_errors: list[str] = []
        self._pictures_on_the_way: set[Request] = set()
        page.on("pageerror", lambda error: self.script_errors.append(str(error)))
        page.on("console", lambda message: self._read(message.text))
        page.on("request", self._expect_picture)
        page.on("requestfinished", self._end_waiting)
        page.on("requestfailed", self._end_waiting)

    def _expect_picture(self, request: Request) -> None:
        """An avatar is put on the page only once it is loaded."""
        if request.resource_type == "image":
            self._pictures_on_the_way.add(request)

    def _end_waiting(self, request: Request) -> None:
        self._pictures_on_the_way.discard(request)

    def _read(self, text: str) -> None:
        """Note what the page's Content-Security-Policy stopped: the page of stock Chainlit has none."""
        if "Content Security Policy" in text:
            self.script_errors.append(text)

    async def open(self, path: str = "/") -> None:
        """Go to an address of the chat and wait for its page."""
        await self.page.goto(self.url + path)

    async def enter(self, path: str = "/") -> None:
        """Open the chat and wait until it is connected."""
        await self.open(path)
        await self.is_connected()

    async def is_connected(self) -> None:
        """Wait until the page's socket is open, which it shows by letting files in and starters be pressed."""
        await self.page.locator("#chat-input").wait_for()
        await self.page.wait_for_function(
            "() => !document.querySelector('#upload-button-loading, #starters button:disabled')"
        )

    async def sign_in(self, name: str, password: str) -> None:
        """Fill in the sign-in page."""
        await self.page.locator("#email").fill(name)
        await self.page.locator("#password").fill(password)
        await self.page.get_by_role("button", name="Sign In").click()

    async def say(self, text: str) -> None:
        """Send a message."""
        field = self.page.locator("#chat-input")
        await field.click()
        await self.page.keyboard.type(text)
        # Enabled only once the socket is open: before that the page would swallow the message.
        await self.page.locator("#chat-submit:enabled").click()

    async def ask(self, text: str, answer: str | re.Pattern[str]) -> None:
        """Send a message, wait for an answer and the end of the task."""
        await self.say(text)
        await self.sees(answer)
        await self.rests()

    async def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until a text is on the screen."""
        await self.page.get_by_text(text).filter(visible=True).first.wait_for()

    async def rests(self) -> None:
        """Wait until the assistant works on nothing."""
        await self.page.locator("#stop-button").wait_for(state="detached")

    async def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of that name, and take the pointer away: what it happens to be over shows more buttons."""
        await self.page.get_by_role("button", name=name).filter(visible=True).first.click()
        await self.page.mouse.move(0, 0)

    async def close_dialog(self) -> None:
        """Close the dialog and wait until it is gone: only then it gives the keyboard back, to where it was before."""
        await self.page.keyboard.press("Escape")
        await self.page.get_by_role("dialog").wait_for(state="detached")

    async def look(self, moment: str) -> None:
        """Note everything that assistive technology would read out, the links and the pictures."""
        seen = await self._when_still(self._read_screen)
        pictures = await self._when_still(lambda: self.page.evaluate(_PICTURES))
        links = await self.page.evaluate(_LINKS)
        parts = [seen, "-- pictures", *sorted(pictures), "-- links", *sorted(links)]
        self.transcript.add(moment, "\n".join(parts))

    async def look_at(self, what: str | Locator, moment: str) -> None:
        """Note one part of the page, found by a CSS selector."""
        found = self.page.locator(what) if isinstance(what, str) else what
        self.transcript.add(moment, await self._when_still(found.first.aria_snapshot))

    def note(self, moment: str, seen: Any) -> None:
        """Note something that was found out otherwise."""
        self.transcript.add(moment, seen if isinstance(seen, str) else json.dumps(seen, indent=1, sort_keys=True))

    async def answers(self, *beginnings: str) -> list[str]:
        """Return, in their order, the messages that begin with one of these texts."""
        texts = await self.page.locator(".message-content").all_inner_texts()
        return [text.strip() for text in texts if text.strip().startswith(beginnings)]

    async def fetch(self, path: str, **options: Any) -> dict[str, Any]:
        """Ask the server from inside the page, as its scripts do; returns status, content type and body."""
        answer: dict[str, Any] = await self.page.evaluate(
            """async ([path, options]) => {
                const answer = await fetch(path, options)
                return {status: answer.status, type: answer.headers.get('content-type'), body: await answer.text()}
            }""",
            [path, options],
        )
        return answer

    async def _read_screen(self) -> str:
        await self.page.evaluate(_HIDE_PASSING)
        return await self.page.locator("body").aria_snapshot()

    async def _when_still(self, read: Callable[[], Any]) -> Any:
        """Return what ``read`` finds once it finds the same twice: nothing moves or loads any more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            before = await read()
            while True:
                await asyncio.sleep(STILL_FOR_SECONDS)
                now = await read()
                if now == before and not self._pictures_on_the_way:
                    return now
                before = now
