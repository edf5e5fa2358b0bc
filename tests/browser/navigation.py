"""Going somewhere in a browser whose page may be about to go somewhere by itself."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Error, Page

__all__ = ["go", "reload"]

TRIES = 3
# What Chromium and Playwright say of a navigation that another one took the place of.
_OVERTAKEN = ("interrupted by another navigation", "ERR_ABORTED", "Not attached", "was detached")


async def go(page: Page, url: str) -> None:
    """Open an address, though the page that is there may go elsewhere meanwhile: whoever asked last is right."""
    await _insist(page, lambda: page.goto(url))


async def reload(page: Page) -> None:
    """Load the page anew that is there, or the one that it is on its way to."""
    await _insist(page, page.reload)


async def _insist(page: Page, navigate: Callable[[], Awaitable[object]]) -> None:
    for tries_left in reversed(range(TRIES)):
        try:
            await navigate()
        except Error as error:
            if not tries_left or not any(words in error.message for words in _OVERTAKEN):
                raise
            await page.wait_for_load_state()
        else:
            return
