"""Pictures of pages, kept for people to look at."""

import logging
from pathlib import Path

from playwright.async_api import Error, Page

__all__ = ["photograph"]

SCREENSHOTS = Path(__file__).resolve().parent.parent.parent / ".artefacts" / "screenshots"
LIMIT_MILLISECONDS = 20_000

log = logging.getLogger(__name__)


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page as it is now.

    A browser on a busy machine may fail to take one, which says nothing about the page: it is tried once more with
    the page in front, and a picture that cannot be had is missed in the log and by no test.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    try:
        await page.screenshot(path=path, timeout=LIMIT_MILLISECONDS)
    except Error as error:
        log.warning("The picture %s could not be taken at once: %s", name, error.message)
        try:
            await page.bring_to_front()
            await page.wait_for_load_state(timeout=LIMIT_MILLISECONDS)
            await page.screenshot(path=path, timeout=LIMIT_MILLISECONDS)
        except Error as second:
            log.warning("There is no picture %s: %s", name, second.message)
