"""Showing a page in light or in dark, whichever way it has to be told."""

from playwright.async_api import Page

__all__ = ["show_in"]

ADMIN = "/admin/"
# The operators' admin asks for the browser's preference when it loads, and then goes by a class.
_BY_CLASS = "dark => document.documentElement.classList.toggle('dark', dark)"


async def show_in(page: Page, scheme: str) -> None:
    """Show the page as it is in ``light`` or ``dark``; it is not loaded again, which some pages cannot be."""
    await page.emulate_media(color_scheme=scheme)
    if ADMIN in page.url:
        await page.evaluate(_BY_CLASS, scheme == "dark")
