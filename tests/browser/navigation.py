"""Going somewhere in a browser whose page may be about to go somewhere by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from playwright.async_api import Error, Page

__all__ = ["go", "reload"]

PATIENCE_SECONDS = 30.0
# What Chromium and Playwright say of a navigation that another one took the place of.
_OVERTAKEN = ("interrupted by another navigation", "ERR_ABORTED", "Not attached", "was detached")


async def go(page: Page, url: str) -> None:
    """Open an address, though the page that is there may go elsewhere meanwhile: whoever asked last is right."""
    await _insist(page, lambda: page.goto(url))


async def reload(page: Page) -> None:
    """Load the page anew that is there, or the one that it is on its way to."""
    await _insist(page, page.reload)


async def _insist(page: Page, navigate: Callable[[], Awaitable[object]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await navigate()
        except Error as error:
            if time.monotonic() > deadline or not any(words in error.message for words in _OVERTAKEN):
                raise
            # Between two pages there is none that could say when the next one is there.
            await asyncio.sleep(0.1)
            await page.wait_for_load_state()
        else:
            return
